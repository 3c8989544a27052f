import { Problem } from '@tulou/contract';
import type { services } from '@tulou/contract/operations/services';
import type { TenantTx } from '../../store/store.ts';
import type { Handler } from '../../operations/handler.ts';
import { touchHosting } from '../head.ts';
import { lockService, viewService } from './service.ts';

export const deleteService: Handler<typeof services.delete> = (scope, { params }, _deps, call) =>
  call.commit(async (tx) => {
    const before = await lockService(tx, params.service);
    call.expect(viewService(before));
    const named = await versionsOf(tx, before.id);
    if (named.length > 0)
      throw new Problem('in_use', { detail: `Versions name this service as their upstream: ${named.join(', ')}.` });
    await tx.sql`delete from services where tenant_id = ${scope.tenantUuid} and id = ${before.id}`;
    touchHosting(tx);
    return { output: undefined, target: before.id, before: viewService(before), after: null };
  });

const shownMax = 5;

/** Some of the versions whose upstream is the service: `orders/v1`. */
async function versionsOf({ sql, tenantUuid }: TenantTx, serviceId: string): Promise<readonly string[]> {
  const wanted = JSON.stringify([{ service_id: serviceId }]);
  const rows = await sql<{ name: string }[]>`
    select a.slug || '/' || v.name as name from versions v
      join apis a on a.tenant_id = v.tenant_id and a.id = v.api_id
    where v.tenant_id = ${tenantUuid} and v.upstreams @> ${wanted}::text::jsonb
    order by name limit ${shownMax}`;
  return rows.map(({ name }) => name);
}
