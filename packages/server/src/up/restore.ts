/** `tulou restore FILE`: a backup into an empty database, or in the place of what is there. */
import { access, constants, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Config } from '../config.ts';
import type { Clock } from '../kernel/clock.ts';
import { keyCheckOf } from '../kernel/key-check.ts';
import type { Log } from '../kernel/log.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import { verify, type Verified } from '../store/backup/format.ts';
import { findContents, judgeBackup, load } from '../store/backup/load.ts';
import { ownMigrations } from '../store/migrate.ts';
import { onOwnDatabase } from './database.ts';
import { readMasterKey, writeMasterKey, wrongKey } from './master-key.ts';

export interface RestoreOptions {
  readonly config: Config;
  readonly file: string;
  /** Remove what is in the database first. */
  readonly replace: boolean;
}

export interface RestoreDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly progress: (what: string, detail: string) => void;
  /** Asks the user whether all of this may be removed. */
  readonly confirm: (question: string) => Promise<boolean>;
}

export interface Restored {
  readonly file: string;
  readonly made_at: string;
  readonly tables: number;
  readonly rows: number;
}

/** Judges everything before anything is changed; the database then takes all of the backup, or nothing of it. */
export async function restoreBackup(options: RestoreOptions, deps: RestoreDeps): Promise<Restored> {
  const { config } = options;
  const file = resolve(options.file);
  await requireFile(file);
  const backup = await verify(file);
  judgeBackup({ path: file, header: backup.header }, await ownMigrations());
  deps.progress('backup', `of ${backup.header.made_at}, by Tulou ${backup.header.tulou}: whole`);
  const keyFile = resolve(config.masterKeyFile ?? join(config.data, 'master.key'));
  const missingKey = await judgeKey(keyFile, file, backup);
  const work = async (url: string): Promise<void> => {
    await requireRoom(url, options.replace, deps);
    const onTable = (name: string, rows: number): void => deps.progress(name, `${rows} ${rows === 1 ? 'row' : 'rows'}`);
    await load({ url, path: file, header: backup.header, replace: options.replace, log: deps.log, onTable });
    if (missingKey !== undefined) await writeMasterKey(keyFile, missingKey);
  };
  await (config.databaseUrl === undefined ? onOwnDatabase(config, deps, work) : work(config.databaseUrl));
  const { header, tables, rows } = backup;
  return { file, made_at: header.made_at, tables, rows };
}

async function requireFile(file: string): Promise<void> {
  await access(file, constants.R_OK).catch((cause: NodeJS.ErrnoException) => {
    throw new OperatorError('backup_missing', `${file} cannot be read (${cause.code}).`, {
      remedy: 'Check the path of the backup, and that this user may read it.',
      cause,
    });
  });
}

/** The key that must be written with the backup; undefined where the right one is there, or none is needed. */
async function judgeKey(path: string, file: string, { header, masterKey }: Verified): Promise<Uint8Array | undefined> {
  const isThere = await readFile(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );
  const check = header.master_key_check;
  if (isThere) {
    if (check !== null && keyCheckOf(await readMasterKey(path)) !== check) throw wrongKey(path);
    return undefined;
  }
  if (masterKey !== undefined) return Buffer.from(masterKey, 'base64url');
  if (check === null) return undefined;
  throw new OperatorError(
    'master_key_missing',
    `${file} needs the master key that it was made with, and ${path} is not there.`,
    {
      remedy:
        'Copy the master.key of that installation there, or name its place in TULOU_MASTER_KEY_FILE. Without it, what the database keeps sealed cannot be opened. Nothing was changed.',
    },
  );
}

async function requireRoom(url: string, replace: boolean, { confirm }: RestoreDeps): Promise<void> {
  const { tables, sessions } = await findContents(url);
  if (sessions > 0) {
    throw new OperatorError('database_in_use', `Tulou runs on this database (${sessions} connections).`, {
      remedy: 'Stop control and workers first. Nothing was changed.',
    });
  }
  if (tables.length === 0) return;
  if (!replace) {
    throw new OperatorError('database_not_empty', `The database is not empty: it has ${tables.length} tables.`, {
      remedy: 'Restore into an empty one, or use `--replace` to delete its whole content. Nothing was changed.',
    });
  }
  if (await confirm(`This removes all ${tables.length} tables of the database, for good.`)) return;
  throw new OperatorError('not_confirmed', 'Nothing was removed and nothing restored.', {
    remedy: 'Use `--yes` with `--replace` if no person can answer the question.',
  });
}
