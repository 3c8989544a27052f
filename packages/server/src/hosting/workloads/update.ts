import type { services } from '@tulou/contract/operations/services';
import type { Handler } from '../../operations/handler.ts';
import { touchHosting } from '../head.ts';
import { lockService, viewService } from './service.ts';

export const updateService: Handler<typeof services.update> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const before = await lockService(tx, params.service);
    call.expect(viewService(before));
    const { name = before.name, isolation = before.isolation } = body;
    const updated_at = new Date(deps.clock.now());
    await tx.sql`
      update services set name = ${name}, isolation = ${isolation}, updated_at = ${updated_at}
      where tenant_id = ${scope.tenantUuid} and id = ${before.id}`;
    touchHosting(tx);
    const after = viewService({ ...before, name, isolation, updated_at });
    return { output: after, target: before.id, before: viewService(before), after };
  });
