/**
 * Nonces for proofs (RFC 9449 §9). One says when it was given, by the clock of a gateway, so a proof that holds one is new
 * whatever the clock of its client says. Made with the fleet key: each gateway takes those of the others, and none is stored.
 */
import { timingSafeEqual } from 'node:crypto';
import { derived } from '../../kernel/fleet-key.ts';

/** A proof may be sent for so long after its nonce was given. */
export const nonceSecondsMax = 120;
/** Clocks of gateways may differ by this much. */
export const aheadSecondsMax = 60;
const macBytes = 16;

/** The nonce of this moment, Unix seconds. */
export function nonceAt(fleetKey: Uint8Array, seconds: number): string {
  const when = seconds.toString(36);
  return `${when}.${derived(fleetKey, `proof nonce ${when}`).toString('base64url', 0, macBytes)}`;
}

/** When a nonce was given, Unix seconds; undefined: not by us, or not of late. */
export function givenAt(fleetKey: Uint8Array, nonce: string, nowSeconds: number): number | undefined {
  if (!/^[0-9a-z]{1,10}\.[\w-]{22}$/.test(nonce)) return undefined;
  const seconds = Number.parseInt(nonce, 36);
  if (seconds < nowSeconds - nonceSecondsMax || seconds > nowSeconds + aheadSecondsMax) return undefined;
  const expected = Buffer.from(nonceAt(fleetKey, seconds));
  const sent = Buffer.from(nonce);
  return sent.length === expected.length && timingSafeEqual(sent, expected) ? seconds : undefined;
}
