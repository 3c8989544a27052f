/** The apps of a tenant, their grants with the member who granted them, and their usage. */
import type { Output } from '@tulou/contract';
import type { inventory } from '@tulou/contract/operations/installations';
import { crossTenants, type TenantTx } from '../../store/store.ts';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewInstallation, type InstallationRow } from '../installations/installation.ts';

type Item = Output<typeof inventory.list>['items'][number];

interface Row extends InstallationRow {
  readonly granted_by_email: string | null;
  readonly calls: number;
  readonly last_call_at: Date | null;
  readonly approvals_open: number;
}

const windowMs = 29 * 86_400_000;

export const listInventory: Handler<typeof inventory.list> = (scope, { query }, { store, clock }) =>
  store.tenant(scope, async (tx) => {
    const { sql, tenantUuid } = tx;
    const place = placeOf(query.cursor, idPlace) ?? '';
    const first = new Date(clock.now() - windowMs).toISOString().slice(0, 10);
    const rows = await sql<Row[]>`
      select i.*, m.email as granted_by_email, used.calls, used.last_call_at, asked.approvals_open
      from installations i
        left join members m on m.tenant_id = i.tenant_id and m.id = i.granted_by
        cross join lateral (
          select coalesce(sum(requests) filter (where day >= ${first}::date), 0)::bigint as calls, max(last_at) as last_call_at
          from installation_usage where tenant_id = i.tenant_id and installation = i.id
        ) used
        cross join lateral (
          select count(*)::int as approvals_open from approvals a
          where a.tenant_id = i.tenant_id and a.app_id = i.app_id and a.state = 'open'
        ) asked
      where i.tenant_id = ${tenantUuid} and i.state <> 'revoked' and i.id > ${place}
      order by i.id limit ${query.limit + 1}`;
    const states = await statesOf(tx, rows);
    return pageOf(
      rows,
      query.limit,
      (row) => viewItem(row, states),
      (row) => row.id,
    );
  });

function viewItem(row: Row, states: ReadonlyMap<string, Item['app_state']>): Item {
  const { granted_by_email, calls, last_call_at, approvals_open } = row;
  return {
    ...viewInstallation(row),
    app_state: states.get(row.app_id) ?? 'deleted',
    granted_by_email,
    calls,
    last_call_at: last_call_at?.toISOString() ?? null,
    approvals_open,
  };
}

function statesOf(tx: TenantTx, rows: readonly Row[]): Promise<ReadonlyMap<string, Item['app_state']>> {
  return crossTenants(tx, 'a tenant sees whether an app that it has installed is stopped', async ({ sql }) => {
    const found = await sql<{ id: string; state: Item['app_state'] }[]>`
      select a.id, a.state
      from unnest(${rows.map(({ developer }) => developer)}::uuid[], ${rows.map(({ app_id }) => app_id)}::text[])
        as had (developer, app_id)
        join apps a on a.tenant_id = had.developer and a.id = had.app_id`;
    return new Map(found.map(({ id, state }) => [id, state]));
  });
}
