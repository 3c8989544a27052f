/** Secrets that are kept in the database, sealed with the master key: a reader of the database cannot read them. */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import type { Random } from './random.ts';

/** The installation's master key: 32 bytes from `DIR/master.key`. It never encrypts itself, only keys derived from it do. */
export interface Vault {
  /** AES-256-GCM: nonce, ciphertext, tag. `context` says what it is; opening needs the same. */
  seal(plain: string, context: string): Buffer;
  /** Throws where the bytes, the context or the master key are not those it was sealed with. */
  open(sealed: Uint8Array, context: string): string;
  /** 32 bytes for one purpose, the same on every node of the installation (HKDF, RFC 5869). */
  derive(purpose: string): Buffer;
}

const nonceBytes = 12;
const tagBytes = 16;
const algorithm = 'aes-256-gcm';

/** Opens the vault of a master key. */
export function openVault(masterKey: Uint8Array, random: Random): Vault {
  const derive = (purpose: string): Buffer =>
    Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(), `tulou ${purpose}`, 32));
  const key = derive('seal');
  return {
    derive,
    seal(plain, context) {
      const nonce = random.bytes(nonceBytes);
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(context));
      return Buffer.concat([nonce, cipher.update(plain, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    },
    open(sealed, context) {
      const nonce = sealed.subarray(0, nonceBytes);
      const decipher = createDecipheriv(algorithm, key, nonce, { authTagLength: tagBytes }).setAAD(
        Buffer.from(context),
      );
      decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes));
      const body = sealed.subarray(nonceBytes, sealed.length - tagBytes);
      return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
    },
  };
}
