/** The second step of a sign-in, for who has a second factor. */
import { z } from 'zod';
import { factorPage } from './factor-views.ts';
import type { Wrong } from '../web/layout.ts';
import { sendOn, sendPage, type Visit } from '../web/visit.ts';
import { admitAttempt, factorAttemptOf, forgiveAttempt } from '../people/attempts.ts';
import { takeCode, type PersonRef } from '../people/authenticators.ts';
import { hasSecondFactor, readFactors } from '../people/factors.ts';
import { listPasskeys } from '../people/passkeys.ts';
import { takeRecoveryCode } from '../people/recovery.ts';
import { takePasskey } from '../people/show-passkey.ts';
import { findUserById, type User } from '../people/users.ts';
import { relyingParty, requestOptions } from '../people/webauthn.ts';
import type { Asking, Form, PromptDeps } from '../asking.ts';
import { enter, type Shown } from './enter.ts';
import { destinationOf } from '../requests/request.ts';
import { ofIssuer } from '../scopes.ts';
import { asPlatform } from '../system-wide.ts';

/** How long after the password the second factor is waited for. */
const waitSeconds = 600;

/** The state that the first step has stored with the interaction, on the server. */
const firstShape = z.object({ accountId: z.string(), amr: z.array(z.string()), at: z.number() });
export type First = z.output<typeof firstShape>;

/** The person whose first factor was right; undefined: no first factor was right, or it was too long ago. */
export function firstOf({ details }: Asking, { clock }: PromptDeps): First | undefined {
  const first = firstShape.safeParse(details.result?.['first']).data;
  return first !== undefined && clock.now() / 1000 - first.at < waitSeconds ? first : undefined;
}

/** Goes on from the first factor: straight in, or to the second one of who has one. */
export async function enterOrAsk(asking: Asking, user: User, { amr }: Shown, deps: PromptDeps): Promise<void> {
  const { visit, details } = asking;
  const factors = await ofIssuer(deps.store, visit.issuer, (tx) =>
    readFactors(tx, { issuer: visit.issuer, userId: user.id }),
  );
  if (!hasSecondFactor(factors)) return enter(asking, user, { amr }, deps);
  details.result = { first: { accountId: user.id, amr: [...amr], at: Math.floor(deps.clock.now() / 1000) } };
  await details.persist();
  sendOn(visit, visit.path);
}

/** Forgets the first factor: another person is to sign in. */
export async function startOver({ visit, details }: Asking): Promise<void> {
  details.result = {};
  await details.persist();
  sendOn(visit, visit.path);
}

const purposeOf = ({ formToken }: Visit, userId: string): string => `factor ${userId} ${formToken}`;

export async function showFactor(asking: Asking, first: First, deps: PromptDeps, status = 200, wrong: Wrong = {}) {
  const { visit, parameters } = asking;
  const person: PersonRef = { issuer: visit.issuer, userId: first.accountId };
  const { user, factors, keys } = await ofIssuer(deps.store, visit.issuer, async (tx) => ({
    user: await findUserById(tx, visit.issuer, first.accountId),
    factors: await readFactors(tx, person),
    keys: await listPasskeys(tx, person),
  }));
  const rpID = relyingParty(visit.issuer);
  const challenge = deps.challenges.make(purposeOf(visit, first.accountId));
  const passkeyOptions =
    rpID === undefined || keys.length === 0 ? undefined : await requestOptions(rpID, keys, challenge);
  const choice = { email: user?.email ?? '', authenticator: factors.authenticator, passkeyOptions };
  sendPage(visit, status, factorPage({ ...visit, wrong }, choice), destinationOf(parameters.redirectUri).formTo);
}

/** Takes a second factor. Tries are counted against the person, before they are judged. */
export async function takeFactor(asking: Asking, first: First, form: Form, deps: PromptDeps): Promise<void> {
  const { visit } = asking;
  const { told, response } = visit;
  const attempt = factorAttemptOf(visit.issuer, first.accountId, visit.address, new Date(deps.clock.now()));
  const waitMs = await asPlatform(deps.store, 'attempts', (tx) => admitAttempt(tx, attempt));
  if (waitMs > 0) {
    const seconds = Math.ceil(waitMs / 1000);
    response.setHeader('retry-after', seconds);
    return showFactor(asking, first, deps, 429, { '': told.signIn.wait(seconds) });
  }
  const way = ways.get(form.get('do') ?? '');
  const isRight = await way?.take(visit, first, form, deps);
  const user = await ofIssuer(deps.store, visit.issuer, (tx) => findUserById(tx, visit.issuer, first.accountId));
  if (way === undefined || isRight !== true || user === undefined || user.disabled)
    return showFactor(asking, first, deps, 422, way?.wrong(visit) ?? {});
  await asPlatform(deps.store, 'attempts', (tx) => forgiveAttempt(tx, attempt));
  return enter(asking, user, { amr: [...first.amr, way.amr, 'mfa'] }, deps);
}

interface Way {
  readonly amr: string;
  readonly take: (visit: Visit, first: First, form: Form, deps: PromptDeps) => Promise<boolean>;
  readonly wrong: (visit: Visit) => Wrong;
}

// THE TABLE of second factors, by what the form's button says.
const ways: ReadonlyMap<string, Way> = new Map<string, Way>([
  ['passkey', { amr: 'pop', take: takeShown, wrong: ({ told }) => ({ '': told.factor.passkeyWrong }) }],
  ['totp', { amr: 'otp', take: takeTyped, wrong: ({ told }) => ({ code: told.factor.codeWrong }) }],
  ['recovery', { amr: 'otp', take: takeWritten, wrong: ({ told }) => ({ recovery: told.factor.recoveryWrong }) }],
]);

async function takeShown(visit: Visit, { accountId }: First, form: Form, deps: PromptDeps): Promise<boolean> {
  const { issuer } = visit;
  const rpID = relyingParty(issuer);
  if (rpID === undefined) return false;
  const { challenges } = deps;
  const wanted = { issuer, rpID, challenges, userId: accountId, purpose: purposeOf(visit, accountId) };
  return (await takePasskey(form.get('credential') ?? '', wanted, deps)) === accountId;
}

function takeTyped({ issuer }: Visit, { accountId: userId }: First, form: Form, deps: PromptDeps): Promise<boolean> {
  const { clock, vault } = deps;
  return ofIssuer(deps.store, issuer, (tx) =>
    takeCode(tx, { issuer, userId }, form.get('code') ?? '', clock.now(), vault),
  );
}

function takeWritten({ issuer }: Visit, { accountId: userId }: First, form: Form, deps: PromptDeps): Promise<boolean> {
  const now = new Date(deps.clock.now());
  return ofIssuer(deps.store, issuer, (tx) =>
    takeRecoveryCode(tx, { issuer, userId }, form.get('recovery') ?? '', now),
  );
}
