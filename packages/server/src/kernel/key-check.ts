/** Whether two master keys are the same, without having either: a value that is derived from the key and opens nothing. */
import { hkdfSync } from 'node:crypto';

/** 32 bytes for one master key, base64url (HKDF, RFC 5869). May be shown, kept in the database and put into a backup. */
export function keyCheckOf(masterKey: Uint8Array): string {
  return Buffer.from(hkdfSync('sha256', masterKey, new Uint8Array(), 'tulou master key check', 32)).toString(
    'base64url',
  );
}
