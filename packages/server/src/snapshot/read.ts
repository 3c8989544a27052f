/** Reading the snapshot, or what of it is new, as the lines of the feed. */
import { PassThrough, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { idFromUuid, type SnapshotHead } from '@tulou/contract';
import type { Fragment, Sql } from '../store/pool.ts';
import type { Store } from '../store/store.ts';
import { readHead, type Head } from './head.ts';

/** A version may have hundreds of kilobytes of operations; other objects have hundreds of bytes. */
const rowsAtOnce = { version: 25, other: 2000 } as const;

/**
 * All objects, or those changed after what is known, as NDJSON: the head, the changes, the end. All of it comes from one
 * repeatable-read transaction, a batch of rows at a time, no faster than its reader takes them. The signal breaks it off.
 * `admit` may throw when it is known how many lines there will be; it returns what to call at the end.
 */
export function readSnapshot(
  store: Store,
  known: Head | undefined,
  admit: (count: number) => () => void,
  signal: AbortSignal,
): Promise<Readable> {
  const lines = new PassThrough();
  // A consumer of the lines has listeners of its own; until then, and without a consumer, the promise reports errors.
  lines.on('error', () => undefined);
  return new Promise((resolve, reject) => {
    const done = store.system('gateways hold the snapshot of all tenants', async (tx) => {
      await tx.sql.unsafe('set transaction isolation level repeatable read, read only');
      const { epoch, seq, floor } = await readHead(tx);
      const full = known?.epoch !== epoch || known.seq > seq || known.seq < floor;
      const where = full ? tx.sql`object is not null` : tx.sql`seq > ${known.seq}`;
      const head = { epoch, seq, full, count: await countOf(tx.sql, where) };
      const release = admit(head.count);
      try {
        resolve(lines);
        await pipeline(Readable.from(texts(tx.sql, where, head)), lines, { signal });
      } finally {
        release();
      }
    });
    done.catch((error: Error) => {
      reject(error);
      lines.destroy(error);
    });
  });
}

async function countOf(sql: Sql, where: Fragment): Promise<number> {
  const [row] = await sql<[{ count: number }]>`select count(*)::int as count from snapshot_objects where ${where}`;
  return row.count;
}

async function* texts(sql: Sql, where: Fragment, head: SnapshotHead): AsyncGenerator<string> {
  yield `${JSON.stringify(head)}\n`;
  if (head.count > 0) {
    yield* batches(sql, sql`${where} and kind <> 'version'`, rowsAtOnce.other);
    yield* batches(sql, sql`${where} and kind = 'version'`, rowsAtOnce.version);
  }
  yield `{"end":${head.count}}\n`;
}

interface Line {
  readonly start: string;
  readonly tenant: string;
  readonly named: string | null;
  readonly object: string | null;
}

/** PostgreSQL writes the JSON: a million objects are never parsed here. Kinds and keys hold nothing to escape. */
async function* batches(sql: Sql, where: Fragment, rows: number): AsyncGenerator<string> {
  const query = sql<Line[]>`
    select '{"seq":' || seq || ',"kind":"' || kind || '","key":"' || key || '","tenant":"' as start, tenant,
      case kind when 'tenant' then key else object ->> 'tenant' end as named, object::text as object
    from snapshot_objects where ${where}`;
  for await (const batch of query.cursor(rows)) {
    yield batch.map(lineOf).join('');
  }
}

function lineOf({ start, tenant, named, object }: Line): string {
  return `${start}${named ?? idFromUuid('tenant', tenant)}","object":${object ?? 'null'}}\n`;
}
