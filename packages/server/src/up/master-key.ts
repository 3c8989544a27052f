/** The installation's master key: what the database keeps sealed opens with this file only. */
import { chmod, readFile } from 'node:fs/promises';
import type { Clock } from '../kernel/clock.ts';
import { writeWhole } from '../kernel/files.ts';
import { keyCheckOf } from '../kernel/key-check.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import type { Random } from '../kernel/random.ts';
import { findSealed, readKeyCheck, recordKeyCheck, type SealedSample } from '../store/installation.ts';
import type { Store } from '../store/store.ts';

const keyBytes = 32;

/** Makes the key if it is missing. Every node of an installation has the same. */
export async function ensureMasterKey(path: string, random: Random): Promise<void> {
  const text = await readFile(path, 'utf8').catch(missingOnly);
  if (text === undefined) {
    await writeMasterKey(path, random.bytes(keyBytes));
    return;
  }
  await chmod(path, 0o600);
  parse(path, text);
}

/** Writes a key, for its owner only. */
export function writeMasterKey(path: string, key: Uint8Array): Promise<void> {
  return writeWhole(path, `${Buffer.from(key).toString('base64url')}\n`, 0o600);
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

export interface KeyDeps {
  readonly store: Store;
  readonly clock: Clock;
  /** Whether this key opens what was sealed (identity/keys/seal.ts). */
  readonly opens: (masterKey: Uint8Array, sample: SealedSample) => boolean;
}

/** Makes the key of a new installation. Throws where the database was made with a key, and the file is not there. */
export async function ensureKeyOf(path: string, deps: KeyDeps & { readonly random: Random }): Promise<void> {
  const isThere = await readFile(path).then(() => true, missingOnly);
  if (isThere === undefined) await requireNew(path, deps);
  await ensureMasterKey(path, deps.random);
}

/** Throws an OperatorError where the database was made with another master key. Records the key's check value once. */
export async function holdMasterKey(path: string, masterKey: Uint8Array, deps: KeyDeps): Promise<void> {
  const own = keyCheckOf(masterKey);
  const isRight = await deps.store.system('the database belongs to this master key', async (tx) => {
    const known = await readKeyCheck(tx);
    if (known !== undefined) return known === own;
    const sample = await findSealed(tx);
    if (sample !== undefined && !deps.opens(masterKey, sample)) return false;
    return (await recordKeyCheck(tx, own, new Date(deps.clock.now()))) === own;
  });
  if (!isRight) throw wrongKey(path);
}

/** The refusal of a key that is not the one that the data was sealed with. */
export function wrongKey(path: string): OperatorError {
  return new OperatorError(
    'master_key_wrong',
    `The master key in ${path} is not the one that this database was made with.`,
    {
      remedy:
        'Put the right master.key there; it stands beside the data of the first start, and where you keep your backups. Nothing was changed.',
    },
  );
}

async function requireNew(path: string, { store }: KeyDeps): Promise<void> {
  const isUsed = await store.system(
    'was this database made with a master key',
    async (tx) => (await readKeyCheck(tx)) !== undefined || (await findSealed(tx)) !== undefined,
  );
  if (!isUsed) return;
  throw new OperatorError('master_key_missing', `This database was made with a master key, but ${path} is not there.`, {
    remedy:
      'Put the right master.key there, readable by this user only. A new key would open nothing of what the database keeps sealed. Nothing was changed.',
  });
}

function missingOnly(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT') return undefined;
  throw error;
}

function parse(path: string, text: string): Uint8Array {
  const key = Buffer.from(text.trim(), 'base64url');
  if (key.length === keyBytes && key.toString('base64url') === text.trim()) return key;
  throw new OperatorError('master_key_invalid', `${path} does not hold a whole master key.`, {
    remedy: 'Restore the file from a backup. Without it, what the database keeps sealed cannot be opened again.',
  });
}
