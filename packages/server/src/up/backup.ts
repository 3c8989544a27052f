/** `tulou backup FILE`: the whole database in one file, while everything runs. */
import { access, link, open, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { keyCheckOf } from '../kernel/key-check.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import { dump } from '../store/backup/dump.ts';
import { writeFrames } from '../store/backup/format.ts';
import { onDatabase } from './database.ts';
import { readMasterKey, wrongKey } from './master-key.ts';

export interface BackupOptions {
  readonly config: Config;
  readonly file: string;
  readonly withMasterKey: boolean;
  /** The version of this program. */
  readonly version: string;
}

export interface BackupDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly progress: (what: string, detail: string) => void;
  /** Breaks it off; nothing of the file is left. */
  readonly signal: AbortSignal;
}

export interface Backup {
  readonly file: string;
  readonly bytes: number;
  readonly tables: number;
  readonly rows: number;
  readonly sha256: string;
  /** Without this key the backup is of no use. */
  readonly masterKeyFile: string;
}

/** Makes the backup under a name of its own, and gives it its name when it is whole and on the disk. */
export async function makeBackup(options: BackupOptions, deps: BackupDeps): Promise<Backup> {
  const { config, withMasterKey, version } = options;
  const file = resolve(options.file);
  await requireAbsent(file);
  const masterKeyFile = resolve(config.masterKeyFile ?? join(config.data, 'master.key'));
  const masterKey = withMasterKey ? await readMasterKey(masterKeyFile) : undefined;
  const made = { made_at: new Date(deps.clock.now()).toISOString(), tulou: version };
  const unfinished = join(dirname(file), `.${basename(file)}.${process.pid}.unfinished`);
  try {
    const end = await onDatabase(config, deps, (url) =>
      writeFrames(
        unfinished,
        dump({
          url,
          made,
          masterKey: masterKey && { text: Buffer.from(masterKey).toString('base64url'), check: keyCheckOf(masterKey) },
          refuseKey: () => wrongKey(masterKeyFile),
          onTable: (name, rows) => deps.progress(name, `${rows} ${rows === 1 ? 'row' : 'rows'}`),
        }),
        deps.signal,
      ),
    );
    await giveName(unfinished, file);
    return { file, ...end, bytes: (await stat(file)).size, masterKeyFile };
  } catch (error) {
    throw notWritten(file, error);
  } finally {
    await rm(unfinished, { force: true });
  }
}

async function requireAbsent(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw exists(file);
}

const exists = (file: string): OperatorError =>
  new OperatorError('file_exists', `${file} is there already.`, {
    remedy: 'Choose another name: a backup never overwrites a file.',
  });

/** A link fails where the name is taken, which a rename does not. */
async function giveName(unfinished: string, file: string): Promise<void> {
  await link(unfinished, file);
  const directory = await open(dirname(file));
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

function notWritten(file: string, error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  const why: Readonly<Record<string, readonly [string, string]>> = {
    ENOENT: ['there is no such directory', 'Make the directory, or choose another.'],
    EACCES: ['this user may not write there', 'Choose a directory that this user may write.'],
    EROFS: ['the file system is read-only', 'Choose another directory.'],
    ENOSPC: ['the disk is full', 'Free some space, or choose another disk. Nothing is left of it.'],
    EDQUOT: ['the disk is full', 'Free some space, or choose another disk. Nothing is left of it.'],
    ABORT_ERR: ['it was broken off', 'Nothing is left of it; start it again.'],
  };
  if (code === 'EEXIST') return exists(file);
  const [what, remedy] = why[code ?? ''] ?? [];
  if (what === undefined || remedy === undefined || error instanceof OperatorError) return error;
  return new OperatorError('backup_failed', `The backup ${file} could not be written: ${what}.`, {
    remedy,
    cause: error,
  });
}
