import type { releases } from '@tulou/contract/operations/releases';
import type { Handler } from '../../operations/handler.ts';
import { findService } from '../workloads/service.ts';
import { findRelease, viewRelease } from './release.ts';

export const getRelease: Handler<typeof releases.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const service = await findService(tx, params.service);
    return viewRelease(service, await findRelease(tx, service, params.release));
  });
