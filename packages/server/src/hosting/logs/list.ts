import { limits, type Environment, type Output, type Query } from '@tulou/contract';
import type { logs } from '@tulou/contract/operations/logs';
import { cursorAt, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import type { TenantTx } from '../../store/store.ts';
import { findService } from '../workloads/service.ts';

type Line = Output<typeof logs.list>['items'][number];

interface LineRow {
  readonly batch: number;
  readonly n: number;
  readonly at: Date;
  readonly environment: Environment;
  readonly revision_id: string;
  readonly instance_id: string;
  readonly stream: Line['stream'];
  readonly text: string;
}

/** A batch, and a line in it. */
const linePlace = /^\d{1,15}\.\d{1,9}$/;
/** After every line of a batch. */
const lastLine = 999_999_999;

/** The lines after a place, or the last ones. */
export const listLogs: Handler<typeof logs.list> = (scope, { params, query }, { store, clock }) => {
  const place = placeOf(query.after, linePlace, 'after');
  const since = new Date(clock.now() - limits.logHours * 3_600_000);
  return store.tenant(scope, async (tx) => {
    const service = await findService(tx, params.service);
    // The head first: a batch that comes between the two readings is read again, and none is missed.
    const [head] = await tx.sql<[{ seq: number }]>`select seq from service_log_head`;
    const rows = await readRows(tx, service.id, query, since, place);
    const last = rows.at(-1);
    const end = last !== undefined && place !== undefined ? `${last.batch}.${last.n}` : `${head.seq}.${lastLine}`;
    return { items: rows.map(viewLine), after: cursorAt(end) };
  });
};

async function readRows(
  { sql, tenantUuid }: TenantTx,
  service: string,
  { environment, revision, instance, limit }: Query<typeof logs.list>,
  since: Date,
  place: string | undefined,
): Promise<readonly LineRow[]> {
  const [batch = 0, n = 0] = (place ?? '').split('.').map(Number);
  const rows = await sql<LineRow[]>`
    select batch, n, at, environment, revision_id, instance_id, stream, text from service_logs
    where tenant_id = ${tenantUuid} and service_id = ${service} and at >= ${since}
      ${place === undefined ? sql`` : sql`and (batch, n) > (${batch}, ${n})`}
      ${environment === undefined ? sql`` : sql`and environment = ${environment}`}
      ${revision === undefined ? sql`` : sql`and revision_id = ${revision}`}
      ${instance === undefined ? sql`` : sql`and instance_id = ${instance}`}
    ${place === undefined ? sql`order by batch desc, n desc` : sql`order by batch, n`} limit ${limit}`;
  return place === undefined ? [...rows].toReversed() : rows;
}

const viewLine = ({ at, revision_id, instance_id, environment, stream, text }: LineRow): Line => ({
  at: at.toISOString(),
  environment,
  revision: revision_id,
  instance: instance_id,
  stream,
  text,
});
