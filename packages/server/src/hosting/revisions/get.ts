import type { revisions } from '@tulou/contract/operations/revisions';
import type { Handler } from '../../operations/handler.ts';
import { findService } from '../workloads/service.ts';
import { findRevision, viewRevision } from './revision.ts';

export const getRevision: Handler<typeof revisions.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const service = await findService(tx, params.service);
    return viewRevision(service, await findRevision(tx, service, params.revision));
  });
