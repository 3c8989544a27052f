/** Client secrets. */
import { sha256 } from '../../kernel/hash.ts';
import type { Random } from '../../kernel/random.ts';

/** A new secret of 256 bits, and the hash that is stored: SHA-256 of the whole text. Null for a client that uses no secret. */
export function newSecret(
  authentication: string,
  random: Random,
): { readonly text: string; readonly hash: string } | { readonly text: null; readonly hash: null } {
  if (!authentication.startsWith('client_secret_')) return { text: null, hash: null };
  const text = `tlc_${Buffer.from(random.bytes(32)).toString('base64url')}`;
  return { text, hash: sha256(text) };
}
