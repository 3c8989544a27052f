/** Reads a whole database, as it was at one moment, as the frames of a backup. */
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OperatorError } from '../../kernel/operator-error.ts';
import { explain } from '../prepare.ts';
import { openOwnerPool } from '../owner.ts';
import { headerOf, partBytesMax, type Frame, type Header } from './format.ts';
import { copyTarget, findSequences, findTables, transferSettings, type FoundTable, type Session } from './tables.ts';

export interface DumpOptions {
  readonly url: string;
  /** Put into the backup where it is given; `check` is its check value. */
  readonly masterKey: { readonly text: string; readonly check: string } | undefined;
  /** The error where the master key is not the one of this database. */
  readonly refuseKey: () => Error;
  readonly made: Pick<Header, 'made_at' | 'tulou'>;
  /** Called for each table when its last row has been read. */
  readonly onTable: (name: string, rows: number) => void;
}

/** All frames, in one repeatable-read transaction: writes go on meanwhile, and none of them is in it by half. */
export function dump(options: DumpOptions): AsyncIterable<Frame> {
  const frames = new PassThrough({ objectMode: true, highWaterMark: 4 });
  frames.on('error', () => undefined);
  void transfer(options, frames).catch((error: Error) => frames.destroy(error));
  return frames as AsyncIterable<Frame>;
}

async function transfer(options: DumpOptions, frames: PassThrough): Promise<void> {
  const pool = await openOwnerPool(options.url);
  try {
    await pool.begin('isolation level repeatable read read only', async (sql) => {
      await sql.unsafe(transferSettings);
      await pipeline(Readable.from(read(sql, options), { highWaterMark: 1 }), frames);
    });
  } catch (error) {
    throw explain(options.url, error);
  } finally {
    await pool.end({ timeout: 5 });
  }
}

async function* read(sql: Session, { masterKey, refuseKey, made, onTable }: DumpOptions): AsyncGenerator<Frame> {
  await requireMigrated(sql);
  const tables = await findTables(sql);
  const facts = await factsOf(sql);
  const check = facts.master_key_check;
  if (masterKey !== undefined && check !== null && check !== masterKey.check) throw refuseKey();
  yield headerOf({ ...made, ...facts, with_master_key: masterKey !== undefined, tables: plain(tables) });
  if (masterKey !== undefined) yield { kind: 'K', masterKey: masterKey.text };
  for (const table of tables) yield* readTable(sql, table, onTable);
  for (const sequence of await findSequences(sql)) yield { kind: 'S', sequence };
}

async function requireMigrated(sql: Session): Promise<void> {
  const [row] = await sql<[{ has: boolean }]>`select to_regclass('schema_migrations') is not null as has`;
  if (row.has) return;
  throw new OperatorError('database_empty', 'There is nothing of Tulou in this database.', {
    remedy: 'Check `--data` and TULOU_DATABASE_URL: they name the installation to back up.',
  });
}

const plain = (tables: readonly FoundTable[]): Header['tables'] =>
  tables.map(({ name, columns }) => ({ name, columns: [...columns] }));

async function factsOf(sql: Session): Promise<Pick<Header, 'postgres' | 'migrations' | 'master_key_check'>> {
  const migrations = await sql<Header['migrations']>`
    select number, name, hash from schema_migrations order by number`;
  const [server] = await sql<[{ version: string }]>`select current_setting('server_version') as version`;
  const [has] = await sql<[{ has: boolean }]>`select to_regclass('installation') is not null as has`;
  const [row] = has.has ? await sql<{ check: string }[]>`select master_key_check as check from installation` : [];
  return {
    migrations: migrations.map(({ number, name, hash }) => ({ number, name, hash })),
    postgres: server.version,
    master_key_check: row?.check ?? null,
  };
}

async function* readTable(sql: Session, table: FoundTable, onTable: DumpOptions['onTable']): AsyncGenerator<Frame> {
  const { name, columns, reader } = table;
  yield { kind: 'T', table: { name, columns: [...columns] } };
  if (reader !== null) await sql.unsafe(`set local role ${reader}`);
  const copied = await sql.unsafe(`copy ${copyTarget(table)} to stdout`).readable();
  let rows = 0;
  for await (const part of parts(copied as AsyncIterable<Buffer>)) {
    rows += newlinesIn(part);
    yield { kind: 'D', rows: part };
  }
  if (reader !== null) await sql.unsafe('reset role');
  yield { kind: 'E', rows };
  onTable(name, rows);
}

/** COPY sends a row at a time, and a row may have megabytes: parts of a fair size, cut anywhere. */
async function* parts(rows: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let bytes = 0;
  for await (const row of rows) {
    held.push(row);
    bytes += row.length;
    if (bytes < partBytesMax / 8) continue;
    yield* cut(Buffer.concat(held));
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield* cut(Buffer.concat(held));
}

function* cut(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += partBytesMax) yield bytes.subarray(at, at + partBytesMax);
}

/** In COPY's text a line feed ends a row, and is nowhere else. */
function newlinesIn(part: Buffer): number {
  let count = 0;
  for (let at = part.indexOf(10); at !== -1; at = part.indexOf(10, at + 1)) count += 1;
  return count;
}
