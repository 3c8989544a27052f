/** Chance, as a dependency. Nothing else in the server draws random numbers; tests pass a seeded one. */
import { randomBytes } from 'node:crypto';
import { idFromUuid, type Id, type IdKind } from '@tulou/contract/ids';
import type { Clock } from './clock.ts';

export interface Random {
  /** Bytes from a cryptographically secure source. */
  bytes(count: number): Uint8Array;
}

export const systemRandom: Random = { bytes: (count) => randomBytes(count) };

/** A UUID of version 7 (RFC 9562 §5.7): 48 bits of milliseconds, then chance. Sorts by time of creation. */
export function uuidV7(clock: Clock, random: Random): string {
  const bytes = random.bytes(16).slice();
  const view = new DataView(bytes.buffer);
  const now = clock.now();
  view.setUint16(0, Math.floor(now / 2 ** 32));
  view.setUint32(2, now % 2 ** 32);
  view.setUint8(6, (view.getUint8(6) & 0x0f) | 0x70);
  view.setUint8(8, (view.getUint8(8) & 0x3f) | 0x80);
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** A fresh public id of `kind`. */
export function newId<K extends IdKind>(kind: K, clock: Clock, random: Random): Id<K> {
  return idFromUuid(kind, uuidV7(clock, random));
}
