/**
 * 64-bit names for counted subjects, as two 32-bit halves (a BigInt would allocate on the hot path). The hash is seeded with
 * a secret of this gateway, so no client can choose an address that shares a counter with another.
 */
export interface Hash64 {
  readonly low: number;
  readonly high: number;
}

/** Two independent multiply-xor lanes over the text's UTF-16 units, crossed at the end (after cyrb53, public domain). */
export function hash64(text: string, seed: Hash64): Hash64 {
  let a = 0xdeadbeef ^ seed.low;
  let b = 0x41c6ce57 ^ seed.high;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x9e3779b1);
    b = Math.imul(b ^ unit, 0x5f356495);
  }
  a = Math.imul(a ^ (a >>> 16), 0x85ebca6b) ^ Math.imul(b ^ (b >>> 13), 0xc2b2ae35);
  b = Math.imul(b ^ (b >>> 16), 0x85ebca6b) ^ Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  // Both halves zero means "empty slot" in the tables.
  return { low: a | 0, high: b === 0 ? 1 : b | 0 };
}

/** The hash of a pair of hashes. */
export function mix64(one: Hash64, two: Hash64): Hash64 {
  const a = Math.imul(one.low ^ Math.imul(two.low, 0x9e3779b1), 0x85ebca6b);
  const b = Math.imul(one.high ^ Math.imul(two.high, 0x5f356495), 0xc2b2ae35) ^ (a >>> 15);
  return { low: (a ^ (b >>> 13)) | 0, high: b === 0 ? 1 : b | 0 };
}

/** Seed from 8 random bytes. */
export function seedFrom(bytes: Uint8Array): Hash64 {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8);
  return { low: view.getInt32(0), high: view.getInt32(4) };
}
