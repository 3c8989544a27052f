/** `/account/passkeys`: what one has, one more, one less. */
import { newId } from '../../kernel/random.ts';
import type { Form, PromptDeps } from '../asking.ts';
import { passkeysPage, type ShownPasskey } from './factor-views.ts';
import { moment } from './account-views.ts';
import { sendOn, sendPage, type Visit } from '../web/visit.ts';
import { readFactors } from '../people/factors.ts';
import { addPasskey, listPasskeys, removePasskey, type Passkey } from '../people/passkeys.ts';
import { creationOptions, readAnswer, relyingParty, verifyCreation } from '../people/webauthn.ts';
import { agentOf } from './agent.ts';
import { tellOfChange } from './notify.ts';
import { personOf, type Self } from '../self.ts';
import type { AccountStep, Saying } from './step.ts';
import { ofIssuer } from '../scopes.ts';

const nameCharactersMax = 60;

export const passkeys: AccountStep = {
  show: (self, deps) => say(self, deps, 200, {}),
  take: (self, form, deps) => (form.has('remove') ? remove(self, form, deps) : add(self, form, deps)),
};

const purposeOf = ({ visit, user }: Self): string => `create ${user.id} ${visit.formToken}`;

async function say(self: Self, deps: PromptDeps, status: number, { wrong, done }: Saying): Promise<void> {
  const { visit, user } = self;
  const held = await ofIssuer(deps.store, visit.issuer, (tx) => listPasskeys(tx, personOf(self)));
  const rpID = relyingParty(visit.issuer);
  const challenge = deps.challenges.make(purposeOf(self));
  const asked = rpID === undefined ? undefined : await creationOptions(rpID, user, held, challenge);
  const shown = held.map((key) => shownOf(key, visit));
  const given = { held: shown, creationOptions: asked, suggestedName: suggestedName(visit), done };
  sendPage(visit, status, passkeysPage({ ...visit, wrong: wrong ?? {} }, given));
}

const shownOf = ({ id, name, createdAt, usedAt }: Passkey, { locale }: Visit): ShownPasskey => ({
  id,
  name,
  made: moment(createdAt, locale),
  used: usedAt === null ? undefined : moment(usedAt, locale),
});

function suggestedName({ message, told }: Visit): string {
  const agent = agentOf(message.headers['user-agent'] ?? '');
  return agent === undefined ? '' : told.account.sessions.on(agent.browser, agent.system);
}

async function add(self: Self, form: Form, deps: PromptDeps): Promise<void> {
  const { visit } = self;
  const { issuer, told } = visit;
  const say422 = (): Promise<void> => say(self, deps, 422, { wrong: { '': told.account.passkeys.wrong } });
  const rpID = relyingParty(issuer);
  const answer = readAnswer(form.get('credential') ?? '');
  if (rpID === undefined || answer === undefined) return say422();
  const { challenges } = deps;
  const made = await verifyCreation(answer, { issuer, rpID, challenges, purpose: purposeOf(self) });
  if (made === undefined) return say422();
  const typed = (form.get('name') ?? '').trim().slice(0, nameCharactersMax);
  const id = newId('passkey', deps.clock, deps.random);
  // The browser has made it by now: it is kept, whatever it is called.
  const name = typed === '' ? suggestedName(visit) || id : typed;
  const now = new Date(deps.clock.now());
  const outcome = await ofIssuer(deps.store, issuer, async (tx) => {
    if (!(await addPasskey(tx, personOf(self), { id, name, ...made }, now))) return undefined;
    await tellOfChange(tx, self, 'passkeyAdded', deps);
    return readFactors(tx, personOf(self));
  });
  if (outcome === undefined) return say422();
  if (outcome.recoveryCodes === 0) return sendOn(visit, '/account/recovery-codes');
  return say(self, deps, 200, { done: told.account.passkeys.added(name) });
}

async function remove(self: Self, form: Form, deps: PromptDeps): Promise<void> {
  const id = form.get('remove') ?? '';
  await ofIssuer(deps.store, self.visit.issuer, async (tx) => {
    if (await removePasskey(tx, personOf(self), id)) await tellOfChange(tx, self, 'passkeyRemoved', deps);
  });
  return say(self, deps, 200, { done: self.visit.told.account.passkeys.removed });
}
