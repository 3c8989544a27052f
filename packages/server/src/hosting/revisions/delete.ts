import { Problem } from '@tulou/contract';
import type { revisions } from '@tulou/contract/operations/revisions';
import type { Handler } from '../../operations/handler.ts';
import { lockService } from '../workloads/service.ts';
import { findRevision, viewRevision } from './revision.ts';

export const deleteRevision: Handler<typeof revisions.delete> = (scope, { params }, _deps, call) =>
  call.commit(async (tx) => {
    const service = await lockService(tx, params.service);
    const row = await findRevision(tx, service, params.revision);
    const before = viewRevision(service, row);
    call.expect(before);
    const wanted = JSON.stringify([{ revision: row.id }]);
    const [used] = await tx.sql<{ environment: string }[]>`
      select environment from releases
      where tenant_id = ${scope.tenantUuid} and service_id = ${service.id} and current and weights @> ${wanted}::text::jsonb`;
    if (used !== undefined)
      throw new Problem('in_use', { detail: `The current release of \`${used.environment}\` names this revision.` });
    await tx.sql`delete from revisions where tenant_id = ${scope.tenantUuid} and id = ${row.id}`;
    return { output: undefined, target: row.id, before, after: null };
  });
