import { Problem } from '@tulou/contract';
import type { audit } from '@tulou/contract/operations/audit';
import type { Handler } from '../../operations/handler.ts';
import { viewEntry, type AuditRow } from '../../operations/audit/entry.ts';

export const getAuditEntry: Handler<typeof audit.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const [row] = await tx.sql<AuditRow[]>`
      select * from audit where tenant_id = ${scope.tenantUuid} and id = ${params.entry}`;
    if (row === undefined) throw new Problem('not_found');
    return viewEntry(row);
  });
