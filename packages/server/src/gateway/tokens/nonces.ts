/**
 * Nonces for proofs (RFC 9449 §9). A nonce holds its time of issue by the clock of a gateway. A proof with it is therefore
 * new, regardless of the clock of its client. Nonces are made with the fleet key: each gateway accepts those of the others,
 * and none is stored.
 */
import { timingSafeEqual } from 'node:crypto';
import { derived } from '../../kernel/fleet-key.ts';

/** The time after the issue of a nonce in which a proof may be sent. */
export const nonceSecondsMax = 120;
/** The largest difference between clocks of gateways. */
export const aheadSecondsMax = 60;
const macBytes = 16;

/** The nonce of this moment, Unix seconds. */
export function nonceAt(fleetKey: Uint8Array, seconds: number): string {
  const when = seconds.toString(36);
  return `${when}.${derived(fleetKey, `proof nonce ${when}`).toString('base64url', 0, macBytes)}`;
}

/** The time of issue of a nonce, Unix seconds; undefined: it is not from this fleet, or too old. */
export function givenAt(fleetKey: Uint8Array, nonce: string, nowSeconds: number): number | undefined {
  if (!/^[0-9a-z]{1,10}\.[\w-]{22}$/.test(nonce)) return undefined;
  const seconds = Number.parseInt(nonce, 36);
  if (seconds < nowSeconds - nonceSecondsMax || seconds > nowSeconds + aheadSecondsMax) return undefined;
  const expected = Buffer.from(nonceAt(fleetKey, seconds));
  const sent = Buffer.from(nonce);
  return sent.length === expected.length && timingSafeEqual(sent, expected) ? seconds : undefined;
}
