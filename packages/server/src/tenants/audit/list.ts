import type { audit } from '@tulou/contract/operations/audit';
import { pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewEntry, type AuditRow } from '../../operations/audit/entry.ts';

/** Lists the newest entries first. The next page begins below the last `seq`. */
export const listAudit: Handler<typeof audit.list> = (scope, { query }, { store }) =>
  store.tenant(scope, async ({ sql }) => {
    const place = placeOf(query.cursor, /^\d{1,15}$/);
    const rows = await sql<AuditRow[]>`
      select * from audit
      where tenant_id = ${scope.tenantUuid}
        ${place === undefined ? sql`` : sql`and seq < ${Number(place)}`}
        ${query.target === undefined ? sql`` : sql`and target = ${query.target}`}
        ${query.actor === undefined ? sql`` : sql`and actor = ${query.actor}`}
        ${query.from === undefined ? sql`` : sql`and at >= ${query.from}`}
        ${query.to === undefined ? sql`` : sql`and at < ${query.to}`}
      order by seq desc limit ${query.limit + 1}`;
    return pageOf(rows, query.limit, viewEntry, (row) => String(row.seq));
  });
