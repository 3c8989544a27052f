/** Taking what a browser answers for a passkey: found, verified, and noted as used. */
import type { Clock } from '../../kernel/clock.ts';
import type { Store } from '../../store/store.ts';
import { findPasskey, usePasskey, type Passkey } from './passkeys.ts';
import { readAnswer, verifyRequest, type Expected } from './webauthn.ts';
import { ofIssuer } from '../scopes.ts';

export interface Wanted extends Expected {
  /** It must be this person's. Undefined: it may be anyone's, and must have verified its holder. */
  readonly userId: string | undefined;
}

interface ShownDeps {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * The owner of the passkey that was shown. Undefined: it is none of this issuer's, another person's, not right, or was shown
 * before.
 */
export async function takePasskey(
  text: string,
  wanted: Wanted,
  { store, clock }: ShownDeps,
): Promise<string | undefined> {
  const { issuer, userId } = wanted;
  const answer = readAnswer(text);
  if (answer === undefined) return undefined;
  const key = await ofIssuer(store, issuer, (tx) => findPasskey(tx, issuer, answer.id));
  if (key === undefined || (userId ?? key.userId) !== key.userId) return undefined;
  if (!isHandleOf(answer.response.userHandle, key)) return undefined;
  const counter = await verifyRequest(answer, key, { ...wanted, isOnlyFactor: userId === undefined });
  if (counter === undefined) return undefined;
  const now = new Date(clock.now());
  const isUsed = await ofIssuer(store, issuer, (tx) => usePasskey(tx, issuer, key, counter, now));
  return isUsed ? key.userId : undefined;
}

/** Whether the user handle in the answer is that of the passkey. A passkey that was requested by its id may omit it (WebAuthn §7.2). */
const isHandleOf = (handle: string | undefined, { userId }: Passkey): boolean =>
  handle === undefined || handle === Buffer.from(userId).toString('base64url');
