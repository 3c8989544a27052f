import { hash, timingSafeEqual } from 'node:crypto';

/** SHA-256 of a text's UTF-8 bytes, base64url without padding (43 characters): how secrets are stored. */
export function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}

/** Compares two hashes in a time that does not depend on where they differ. */
export function equalHashes(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
