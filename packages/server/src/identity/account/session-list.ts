/** `/account/sessions`: where one is signed in, and an end to it. */
import { sha256 } from '../../kernel/hash.ts';
import type { PromptDeps } from '../asking.ts';
import { moment, sessionsPage, type ShownSession } from './account-views.ts';
import { sendPage } from '../web/visit.ts';
import { agentOf } from './agent.ts';
import { personOf, type Self } from '../self.ts';
import { endSessions } from '../people/sessions.ts';
import { listSignIns, type SignIn } from '../people/sign-ins.ts';
import type { AccountStep } from './step.ts';
import { ofIssuer } from '../scopes.ts';

export const sessionList: AccountStep = {
  show: (self, deps) => say(self, deps),

  async take(self, form, deps) {
    const [end, here] = [form.get('end') ?? '', hereOf(self)];
    const isMeant = (uid: string): boolean => uid !== here && (end === 'others' || uid === end);
    await endSessions(personOf(self), isMeant, self.provider, deps);
    return say(self, deps, self.visit.told.account.sessions.ended);
  },
};

const hereOf = ({ session }: Self): string => sha256(session.uid);

async function say(self: Self, { store, clock }: PromptDeps, done?: string): Promise<void> {
  const { visit } = self;
  const now = new Date(clock.now());
  const found = await ofIssuer(store, visit.issuer, (tx) => listSignIns(tx, personOf(self), now));
  sendPage(visit, 200, sessionsPage(visit, { sessions: found.map((one) => shownOf(one, self)), done }));
}

function shownOf({ id, agent, address, signedInAt, seenAt }: SignIn, self: Self): ShownSession {
  const { locale, told } = self.visit;
  const say = told.account.sessions;
  const known = agentOf(agent);
  const what = known === undefined ? say.unknown : say.on(known.browser, known.system);
  const [since, seen] = [moment(signedInAt, locale), moment(seenAt, locale)];
  return { id, what, address, since, seen, isHere: id === hereOf(self) };
}
