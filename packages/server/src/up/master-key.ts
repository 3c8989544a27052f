/** The installation's master key: what the database keeps sealed opens with this file only. */
import { chmod, readFile } from 'node:fs/promises';
import { writeWhole } from '../kernel/files.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import type { Random } from '../kernel/random.ts';

const keyBytes = 32;

/** Makes the key where there is none. Every node of an installation has the same. */
export async function ensureMasterKey(path: string, random: Random): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) {
    await writeWhole(path, `${Buffer.from(random.bytes(keyBytes)).toString('base64url')}\n`, 0o600);
    return;
  }
  await chmod(path, 0o600);
  parse(path, text);
}

/** The key in a file. Throws an OperatorError where it is missing or is none; its text is never repeated. */
export async function readMasterKey(path: string): Promise<Uint8Array> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new OperatorError('master_key_missing', `The master key cannot be read from ${path}.`, {
      remedy:
        '`tulou up` writes it as master.key into its data directory; copy it to this machine, readable by this user only.',
      cause,
    });
  });
  return parse(path, text);
}

function parse(path: string, text: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64url');
  if (key.length === keyBytes && key.toString('base64url') === text.trim()) return key;
  throw new OperatorError('master_key_invalid', `${path} does not hold a whole master key.`, {
    remedy: 'Restore the file from a backup. Without it, what the database keeps sealed cannot be opened again.',
  });
}
