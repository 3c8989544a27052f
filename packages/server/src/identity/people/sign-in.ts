/** Signs in with an address and a password. */
import { Refusal } from '../../http/refusal.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Store } from '../../store/store.ts';
import type { IssuerRef } from '../keys/keys.ts';
import { admitAttempt, attemptOf, forgiveAttempt } from './attempts.ts';
import type { Hasher, Passwords } from './password.ts';
import { emailOf, findUser, rekeepPassword, type User } from './users.ts';
import { ofIssuer } from '../scopes.ts';
import { asPlatform } from '../system-wide.ts';

export interface SignInDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly passwords: Passwords;
}

export interface Credentials {
  readonly email: string;
  readonly password: string;
  /** The address of the peer. */
  readonly address: string;
}

export type SignedIn =
  | { readonly kind: 'right'; readonly user: User }
  | { readonly kind: 'wrong' }
  /** Not looked at: there were too many before. */
  | { readonly kind: 'wait'; readonly waitMs: number };

/**
 * The same answer after the same work, whether the person is unknown, disabled, has no password, or another one. A request
 * without a free place waits; it neither counts as an attempt nor asks the database.
 */
export async function signIn(issuer: IssuerRef, given: Credentials, deps: SignInDeps): Promise<SignedIn> {
  const { tenantUuid } = issuer;
  const whose = { tenantUuid, address: given.address, account: emailOf(given.email) };
  try {
    return await deps.passwords.within(whose, (hasher) => judge(issuer, given, hasher, deps));
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'wait', waitMs: error.waitMs };
    throw error;
  }
}

async function judge(
  issuer: IssuerRef,
  given: Credentials,
  hasher: Hasher,
  { store, clock }: SignInDeps,
): Promise<SignedIn> {
  const attempt = attemptOf(issuer, given.email, given.address, new Date(clock.now()));
  const waitMs = await asPlatform(store, 'attempts', (tx) => admitAttempt(tx, attempt));
  if (waitMs > 0) return { kind: 'wait', waitMs };
  const user = await ofIssuer(store, issuer, (tx) => findUser(tx, issuer, given.email));
  const { right, stale } = await hasher.verify(user?.password, given.password);
  if (user === undefined || user.disabled || !right) return { kind: 'wrong' };
  const fresh = stale ? await hasher.keep(given.password) : undefined;
  await asPlatform(store, 'attempts', (tx) => forgiveAttempt(tx, attempt));
  if (fresh !== undefined) await ofIssuer(store, issuer, (tx) => rekeepPassword(tx, issuer, user, fresh));
  return { kind: 'right', user };
}
