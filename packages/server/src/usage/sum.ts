/** Adds up a tenant's minutes. */
import type { Query } from '@tulou/contract';
import type { usage, UsageDimension } from '@tulou/contract/operations/usage';
import { must } from '../kernel/assert.ts';
import type { Fragment, Sql } from '../store/pool.ts';
import type { TenantTx } from '../store/store.ts';

export interface UsageWish extends Omit<Query<typeof usage.get>, 'from' | 'to'> {
  readonly from: Date;
  readonly to: Date;
}

export interface UsageSums {
  readonly requests: number;
  readonly refused: number;
  readonly request_bytes: number;
  readonly response_bytes: number;
  readonly duration_us: number;
}

/** How often calls were refused for one reason. */
export interface Refusals {
  readonly code: string;
  readonly requests: number;
}

const refusalCodesMax = 100;

/** One combination of the grouped fields; every other field is '' (or 0, or the start of the range). */
export interface UsageGroup extends UsageSums {
  readonly api: string;
  readonly version: string;
  readonly operation: string;
  readonly app: string;
  readonly key: string;
  readonly environment: string;
  readonly status: number;
  readonly code: string;
  readonly time: Date;
  /** An API to which the group's calls went: the one of its version. */
  readonly some_api: string;
}

/** The groups, oldest and then busiest first, one more than asked for where there are more; and the sum of all. */
export async function sumGroups(
  { sql, tenantUuid }: TenantTx,
  wish: UsageWish,
): Promise<{ groups: UsageGroup[]; total: UsageSums; refusals: Refusals[] }> {
  const where = sql`
    tenant_id = ${tenantUuid} and minute >= ${wish.from} and minute < ${wish.to} ${filters(sql, tenantUuid, wish)}`;
  const sums = sql`
    coalesce(sum(requests), 0)::bigint as requests,
    coalesce(sum(requests) filter (where code <> ''), 0)::bigint as refused, coalesce(sum(request_bytes), 0)::bigint as request_bytes,
    coalesce(sum(response_bytes), 0)::bigint as response_bytes, coalesce(sum(duration_us), 0)::bigint as duration_us`;
  const [total] = await sql<UsageSums[]>`select ${sums} from usage_minute where ${where}`;
  const all = must(total, 'a sum is one row');
  const refusals = await sql<Refusals[]>`
    select code, sum(requests)::bigint as requests from usage_minute where ${where} and code <> ''
    group by code order by requests desc, code limit ${refusalCodesMax}`;
  if (wish.by.length === 0) return { groups: [], total: all, refusals };
  const apart = (dimension: UsageDimension, column: Fragment, otherwise: Fragment): Fragment =>
    wish.by.includes(dimension) ? column : otherwise;
  const groups = await sql<UsageGroup[]>`
    select ${apart('api', sql`api`, sql`''`)} as api, ${apart('version', sql`version`, sql`''`)} as version,
      ${apart('operation', sql`operation`, sql`''`)} as operation, ${apart('app', sql`app`, sql`''`)} as app,
      ${apart('key', sql`key`, sql`''`)} as key, ${apart('status', sql`status::int`, sql`0`)} as status,
      ${apart('environment', sql`environment`, sql`''`)} as environment, ${apart('code', sql`code`, sql`''`)} as code,
      ${timeOf(sql, wish)} as time, min(api) as some_api, ${sums}
    from usage_minute where ${where}
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
    order by time, requests desc, 1, 2, 3, 4, 5, 6, 7, 8 limit ${wish.limit + 1}`;
  return { groups, total: all, refusals };
}

function timeOf(sql: Sql, { by, from }: UsageWish): Fragment {
  if (by.includes('minute')) return sql`minute`;
  if (by.includes('hour')) return sql`date_trunc('hour', minute, 'UTC')`;
  return by.includes('day') ? sql`date_trunc('day', minute, 'UTC')` : sql`${from}::timestamptz`;
}

/** Own objects also by their slug or name. */
function filters(sql: Sql, tenantUuid: string, wish: UsageWish): Fragment {
  const { side, api, version, operation, app, key, environment, status, code } = wish;
  const own = sql`tenant_id = ${tenantUuid}`;
  const parts = [
    side === undefined ? undefined : sql`and side in (${side}, 'both')`,
    api === undefined
      ? undefined
      : sql`and api in (select ${api} union select id from apis where ${own} and slug = ${api})`,
    version === undefined
      ? undefined
      : sql`and version in (select ${version} union select id from versions where ${own} and name = ${version})`,
    operation === undefined ? undefined : sql`and operation = ${operation}`,
    app === undefined
      ? undefined
      : sql`and app in (select ${app} union select id from apps where ${own} and slug = ${app})`,
    key === undefined ? undefined : sql`and key = ${key}`,
    environment === undefined ? undefined : sql`and environment = ${environment}`,
    status === undefined ? undefined : sql`and status = ${status}`,
    code === undefined ? undefined : sql`and code = ${code}`,
  ];
  return parts.reduce<Fragment>((all, part) => (part === undefined ? all : sql`${all} ${part}`), sql``);
}
