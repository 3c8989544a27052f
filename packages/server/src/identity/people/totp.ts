/** Codes of an authenticator app (TOTP, RFC 6238; HOTP, RFC 4226): six digits, a new one each 30 seconds. */
import { createHmac } from 'node:crypto';
import type { Random } from '../../kernel/random.ts';

const seedBytes = 20;
const stepSeconds = 30;
const digits = 6;
/** Clocks of phones differ: the code before and the one after are good too (RFC 6238 §5.2). */
const stepsAround = [0, -1, 1] as const;

export const newSeed = (random: Random): Buffer => Buffer.from(random.bytes(seedBytes));

/** The code of a step, which is the number of 30 s since 1970. `length`: how many digits. */
export function codeOf(seed: Uint8Array, step: number, length = digits): string {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', seed).update(counter).digest();
  const at = (mac[mac.length - 1] ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 10 ** length).padStart(length, '0');
}

/** The step whose code this is, now or about now. Spaces, as apps show them, don't count. */
export function stepOf(seed: Uint8Array, typed: string, nowMs: number): number | undefined {
  const code = typed.replaceAll(/\s/g, '');
  if (!/^\d{6}$/.test(code)) return undefined;
  const current = Math.floor(nowMs / 1000 / stepSeconds);
  return stepsAround.map((around) => current + around).find((step) => codeOf(seed, step) === code);
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** Base 32 (RFC 4648 §6) without padding, as authenticator apps take it. The seed's length is a multiple of five. */
export function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet.charAt(Number.parseInt(five, 2))).join('');
}

/** The URI that an authenticator app reads from the picture. */
export function otpauthUri(seed: Uint8Array, issuer: string, email: string): string {
  const label = `${encodeURIComponent(issuer)}:${encodeURIComponent(email)}`;
  const facts = `secret=${base32(seed)}&issuer=${encodeURIComponent(issuer)}&algorithm=SHA1&digits=${digits}&period=${stepSeconds}`;
  return `otpauth://totp/${label}?${facts}`;
}
