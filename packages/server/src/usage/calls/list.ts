import { limits, type Output, type Query } from '@tulou/contract';
import type { calls } from '@tulou/contract/operations/calls';
import { cursorAt, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import type { Fragment, Sql } from '../../store/pool.ts';
import type { TenantTx } from '../../store/store.ts';
import type { UsageDeps } from './deps.ts';
import { holdReferences } from '../references.ts';
import { viewCalls, type CallRow } from './call.ts';
import { readHead } from './watch.ts';

type Listed = Output<typeof calls.list>;
type Wish = Query<typeof calls.list>;

/** A batch and, in it, an id: the place of a call in the order in which control took them. `~` stands after every id. */
const callPlace = /^\d{1,15}\.(?:req_[0-7][0-9a-hjkmnp-tv-z]{25}|~)$/;

interface Place {
  readonly batch: number;
  readonly id: string;
}

/** Newest first; or, after a place, oldest first, and the answer may wait for the first. */
export const listCalls: Handler<typeof calls.list, UsageDeps> = async (scope, { query }, deps) => {
  const { store, clock, callWatch } = deps;
  const after = placeIn(query.after, 'after');
  const since = new Date(clock.now() - limits.callHours * 3_600_000);
  if (after === undefined) return store.tenant(scope, (tx) => readNewest(tx, query, since));
  const end = clock.monotonic() + query.wait_ms;
  for (;;) {
    const { head, listed } = await store.tenant(scope, (tx) => readAfter(tx, query, after, since));
    const leftMs = end - clock.monotonic();
    if (listed.items.length > 0 || leftMs <= 0) return listed;
    await callWatch.moved(head, leftMs);
  }
};

function placeIn(text: string | undefined, parameter: string): Place | undefined {
  const place = placeOf(text, callPlace, parameter);
  if (place === undefined) return undefined;
  const dot = place.indexOf('.');
  return { batch: Number(place.slice(0, dot)), id: place.slice(dot + 1) };
}

const placeOfRow = ({ batch, id }: Place): string => `${batch}.${id}`;
/** Behind all that has been read. */
const endOf = (head: number): string => cursorAt(`${head}.~`);

async function readNewest(tx: TenantTx, query: Wish, since: Date): Promise<Listed> {
  await holdReferences(tx, query);
  const head = await readHead(tx);
  const before = placeIn(query.cursor, 'cursor');
  const from = before === undefined ? tx.sql`` : tx.sql`and (batch, id) < (${before.batch}, ${before.id})`;
  const rows = await readRows(tx, query, since, from, tx.sql`order by batch desc, id desc`);
  const { items, next } = pageOf(rows, query.limit, (row) => row, placeOfRow);
  return { items: await viewCalls(tx, items), next, after: endOf(head), left_out: await readLeftOut(tx, since) };
}

async function readAfter(
  tx: TenantTx,
  query: Wish,
  after: Place,
  since: Date,
): Promise<{ head: number; listed: Listed }> {
  await holdReferences(tx, query);
  // The head first: a batch that comes between the two readings is read again, and none is missed.
  const head = await readHead(tx);
  const from = tx.sql`and (batch, id) > (${after.batch}, ${after.id})`;
  const rows = await readRows(tx, query, since, from, tx.sql`order by batch, id`);
  const shown = rows.slice(0, query.limit);
  const last = shown.at(-1);
  const place = last === undefined ? endOf(Math.max(head, after.batch)) : cursorAt(placeOfRow(last));
  const listed = { items: await viewCalls(tx, shown), next: null, after: place };
  return { head, listed: { ...listed, left_out: await readLeftOut(tx, since) } };
}

function readRows({ sql, tenantUuid }: TenantTx, query: Wish, since: Date, from: Fragment, order: Fragment) {
  return sql<CallRow[]>`
    select id, batch, side, at, environment, api, version, operation, app, key, method, path, status, code, detail, cause,
      address, request_bytes, response_bytes, duration_us, upstream_us
    from calls
    where tenant_id = ${tenantUuid} and at >= ${since} ${from} ${filters(sql, tenantUuid, query)}
    ${order} limit ${query.limit + 1}`;
}

/** Own objects also by their slug. */
function filters(sql: Sql, tenantUuid: string, { side, api, app, environment, status, code }: Wish): Fragment {
  const own = sql`tenant_id = ${tenantUuid}`;
  const [first = 0, exact] = status === undefined ? [] : [Number(status[0]) * 100, Number(status)];
  const parts = [
    side === undefined ? sql`` : sql`and side in (${side}, 'both')`,
    api === undefined
      ? sql``
      : sql`and api in (select ${api} union select id from apis where ${own} and slug = ${api})`,
    app === undefined
      ? sql``
      : sql`and app in (select ${app} union select id from apps where ${own} and slug = ${app})`,
    environment === undefined ? sql`` : sql`and environment = ${environment}`,
    status === undefined
      ? sql``
      : Number.isNaN(exact)
        ? sql`and status >= ${first} and status < ${first + 100}`
        : sql`and status = ${exact ?? 0}`,
    code === undefined ? sql`` : sql`and code = ${code}`,
  ];
  return parts.reduce<Fragment>((all, part) => sql`${all} ${part}`, sql``);
}

async function readLeftOut({ sql, tenantUuid }: TenantTx, since: Date): Promise<Listed['left_out']> {
  const [row] = await sql<{ calls: number }[]>`
    select coalesce(sum(calls), 0)::bigint as calls from calls_left_out
    where tenant_id = ${tenantUuid} and at >= ${since}`;
  return { calls: row?.calls ?? 0, since: since.toISOString() };
}
