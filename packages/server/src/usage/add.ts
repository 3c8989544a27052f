/** Adds what gateways report to the tenants' minutes. */
import type { Environment, UsageRow } from '@tulou/contract';
import type { Offers } from '../operations/offers.ts';
import type { SystemTx } from '../store/store.ts';
import { knownTenants } from './known.ts';

/** The rows of one segment that could be read, and how many could not. */
export interface Segment {
  readonly segment: string;
  readonly rows: readonly UsageRow[];
  readonly unreadable: number;
}

interface TenantRow {
  readonly tenant: string;
  readonly side: 'provider' | 'developer' | 'both';
  readonly minute: number;
  readonly api: string;
  readonly version: string;
  readonly operation: string;
  readonly app: string;
  readonly key: string;
  readonly status: number;
  readonly environment: Environment;
  readonly code: string;
  readonly requests: number;
  readonly request_bytes: number;
  readonly response_bytes: number;
  readonly duration_us: number;
}

/**
 * Takes a segment, once: in one transaction with the note that it was taken. Calls of tenants that no longer exist are
 * dropped and counted; so are rows that could not be read.
 */
export async function addUsage(
  tx: SystemTx,
  batch: Segment,
  now: Date,
  { gatewaySeen }: Pick<Offers, 'gatewaySeen'>,
): Promise<{ dropped: number }> {
  const gateway = batch.segment.split('-')[0] ?? '';
  const noted = await tx.sql`
    insert into usage_segments (segment, gateway, rows, requests, dropped, taken_at)
    values (${batch.segment}, ${gateway}, ${batch.rows.length}, 0, 0, ${now}) on conflict (segment) do nothing`;
  if (noted.count === 0) return { dropped: 0 };
  const ids = batch.rows.flatMap(({ provider, consumer, installer }) => [
    provider,
    consumer ?? provider,
    installer ?? provider,
  ]);
  const known = await knownTenants(tx, ids);
  const rows = batch.rows.flatMap((row) => rowsOfTenants(row, known));
  const lost = batch.rows.filter((row) => !known.has(row.provider));
  const dropped = batch.unreadable + sumOf(lost);
  await addRows(tx, rows);
  await addInstalled(tx, installedRows(batch.rows, known));
  await tx.sql`
    update usage_segments set requests = ${sumOf(batch.rows)}, dropped = ${dropped} where segment = ${batch.segment}`;
  await gatewaySeen(tx, gateway, now);
  return { dropped };
}

/** A call belongs to its provider and to its developer: one row if they are the same. */
function rowsOfTenants(row: UsageRow, known: ReadonlyMap<string, string>): TenantRow[] {
  const provider = known.get(row.provider);
  const developer = row.consumer === null ? undefined : known.get(row.consumer);
  if (provider === undefined) return [];
  const facts = {
    ...sums(row),
    minute: Math.floor(row.minute / 60) * 60,
    api: row.api,
    version: row.version,
    operation: storable(row.operation ?? ''),
    app: row.app ?? '',
    key: row.key ?? '',
    status: row.status,
    environment: row.environment ?? 'live',
    code: row.code ?? '',
  };
  if (provider === developer) return [{ ...facts, tenant: provider, side: 'both' }];
  // Only an app's own tenant may read which of its keys it used.
  const provided: TenantRow = { ...facts, tenant: provider, side: 'provider', key: '' };
  return developer === undefined ? [provided] : [provided, { ...facts, tenant: developer, side: 'developer' }];
}

/** An index entry has a bound; and PostgreSQL takes neither NUL nor half a character, over which no segment may fail. */
function storable(operation: string): string {
  return operation.slice(0, 200).toWellFormed().replaceAll('\0', '');
}

const sums = ({ requests, request_bytes, response_bytes, duration_us }: UsageRow) => ({
  requests,
  request_bytes,
  response_bytes,
  duration_us,
});

const sumOf = (rows: readonly UsageRow[]): number => rows.reduce((sum, row) => sum + row.requests, 0);

/** In the order of the key, so that two segments that touch the same minutes wait for each other and never deadlock. */
async function addRows({ sql }: SystemTx, rows: readonly TenantRow[]): Promise<void> {
  await sql`
    insert into usage_minute (tenant_id, minute, side, api, version, operation, app, key, status, environment, code,
                              requests, request_bytes, response_bytes, duration_us)
    select tenant, to_timestamp(minute), side, api, version, operation, app, key, status, environment, code,
      sum(requests), sum(request_bytes), sum(response_bytes), sum(duration_us)
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (
      tenant uuid, minute bigint, side text, api text, version text, operation text, app text, key text,
      status smallint, environment text, code text, requests bigint, request_bytes bigint, response_bytes bigint, duration_us bigint)
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    order by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
    on conflict (tenant_id, minute, side, api, version, operation, app, key, status, environment, code) do update set
      requests = usage_minute.requests + excluded.requests,
      request_bytes = usage_minute.request_bytes + excluded.request_bytes,
      response_bytes = usage_minute.response_bytes + excluded.response_bytes,
      duration_us = usage_minute.duration_us + excluded.duration_us`;
}

interface InstalledRow {
  readonly tenant: string;
  readonly installation: string;
  readonly minute: number;
  readonly requests: number;
}

/** Calls of an installation count for the tenant that the report names: no other tenant reads them there. */
function installedRows(rows: readonly UsageRow[], known: ReadonlyMap<string, string>): InstalledRow[] {
  return rows.flatMap(({ installer, installation, minute, requests }) => {
    const tenant = installer === undefined ? undefined : known.get(installer);
    return tenant === undefined || installation === undefined ? [] : [{ tenant, installation, minute, requests }];
  });
}

async function addInstalled({ sql }: SystemTx, rows: readonly InstalledRow[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    insert into installation_usage (tenant_id, installation, day, requests, last_at)
    select tenant, installation, (to_timestamp(minute) at time zone 'UTC')::date, sum(requests), max(to_timestamp(minute))
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r (
      tenant uuid, installation text, minute bigint, requests bigint)
    group by 1, 2, 3
    order by 1, 2, 3
    on conflict (tenant_id, installation, day) do update set
      requests = installation_usage.requests + excluded.requests,
      last_at = greatest(installation_usage.last_at, excluded.last_at)`;
}
