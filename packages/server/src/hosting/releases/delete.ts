import type { releases } from '@tulou/contract/operations/releases';
import type { Handler } from '../../operations/handler.ts';
import { touchHosting } from '../head.ts';
import { lockService } from '../workloads/service.ts';
import { findRelease, viewRelease } from './release.ts';

export const deleteRelease: Handler<typeof releases.delete> = (scope, { params }, _deps, call) =>
  call.commit(async (tx) => {
    const service = await lockService(tx, params.service);
    const row = await findRelease(tx, service, params.release);
    const before = viewRelease(service, row);
    call.expect(before);
    await tx.sql`delete from releases where tenant_id = ${scope.tenantUuid} and id = ${row.id}`;
    if (row.current) touchHosting(tx);
    return { output: undefined, target: row.id, before, after: null };
  });
