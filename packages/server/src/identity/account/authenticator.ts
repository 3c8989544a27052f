/** `/account/authenticator`: an authenticator app, set up, moved to another phone, or turned off. */
import type { Form, PromptDeps } from '../asking.ts';
import { authenticatorPage, type Setup } from './factor-views.ts';
import { sendOn, sendPage } from '../web/visit.ts';
import { removeAuthenticator, setAuthenticator } from '../people/authenticators.ts';
import { readFactors } from '../people/factors.ts';
import { base32, newSeed, otpauthUri, stepOf } from '../people/totp.ts';
import { tellOfChange } from './notify.ts';
import { personOf, type Self } from '../self.ts';
import type { AccountStep, Saying } from './step.ts';
import { ofIssuer } from '../scopes.ts';

export const authenticator: AccountStep = {
  async show(self, deps) {
    const { authenticator: isOn } = await factorsOf(self, deps);
    say(self, { isOn, ...(isOn ? {} : { setup: setupOf(self, newSeed(deps.random), deps) }) }, 200, {});
  },

  take(self, form, deps) {
    if (form.get('do') === 'off') return turnOff(self, deps);
    return form.get('do') === 'on' ? turnOn(self, form, deps) : setUpAnew(self, deps);
  },
};

const factorsOf = (self: Self, { store }: PromptDeps) =>
  ofIssuer(store, self.visit.issuer, (tx) => readFactors(tx, personOf(self)));

interface Shown {
  readonly isOn: boolean;
  readonly setup?: Setup;
}

function say({ visit }: Self, shown: Shown, status: number, { wrong, done }: Saying): void {
  sendPage(visit, status, authenticatorPage({ ...visit, wrong: wrong ?? {} }, { ...shown, done }));
}

/** Only this person's form in this browser can bring it back. */
const contextOf = ({ visit, user }: Self): string => `new authenticator ${user.id} ${visit.formToken}`;

function setupOf(self: Self, seed: Buffer, { vault }: PromptDeps): Setup {
  const { visit, user } = self;
  const { host } = new URL(visit.issuer.issuer);
  const sealed = vault.seal(seed.toString('base64url'), contextOf(self)).toString('base64url');
  const key = base32(seed).replaceAll(/(.{4})(?=.)/g, '$1 ');
  return { uri: otpauthUri(seed, `${visit.issuer.name} (${host})`, user.email), key, sealed };
}

async function setUpAnew(self: Self, deps: PromptDeps): Promise<void> {
  const { authenticator: isOn } = await factorsOf(self, deps);
  say(self, { isOn, setup: setupOf(self, newSeed(deps.random), deps) }, 200, {});
}

async function turnOn(self: Self, form: Form, deps: PromptDeps): Promise<void> {
  const { visit } = self;
  const { told } = visit;
  const seed = broughtBack(self, form.get('seed') ?? '', deps);
  if (seed === undefined) return setUpAnew(self, deps);
  const step = stepOf(seed, form.get('code') ?? '', deps.clock.now());
  if (step === undefined)
    return say(self, { isOn: false, setup: setupOf(self, seed, deps) }, 422, {
      wrong: { code: told.factor.codeWrong },
    });
  const now = new Date(deps.clock.now());
  const { recoveryCodes } = await ofIssuer(deps.store, visit.issuer, async (tx) => {
    await setAuthenticator(tx, personOf(self), { seed, step, now }, deps.vault);
    await tellOfChange(tx, self, 'authenticatorOn', deps);
    return readFactors(tx, personOf(self));
  });
  if (recoveryCodes === 0) return sendOn(visit, '/account/recovery-codes');
  say(self, { isOn: true }, 200, { done: told.account.authenticator.done });
}

function broughtBack(self: Self, sealed: string, { vault }: PromptDeps): Buffer | undefined {
  try {
    return Buffer.from(vault.open(Buffer.from(sealed, 'base64url'), contextOf(self)), 'base64url');
  } catch {
    return undefined;
  }
}

async function turnOff(self: Self, deps: PromptDeps): Promise<void> {
  await ofIssuer(deps.store, self.visit.issuer, async (tx) => {
    if (await removeAuthenticator(tx, personOf(self))) await tellOfChange(tx, self, 'authenticatorOff', deps);
  });
  const setup = setupOf(self, newSeed(deps.random), deps);
  say(self, { isOn: false, setup }, 200, { done: self.visit.told.account.authenticator.removed });
}
