import type { services } from '@tulou/contract/operations/services';
import type { Handler } from '../../operations/handler.ts';
import { findService, viewService } from './service.ts';

export const getService: Handler<typeof services.get> = async (scope, { params }, { store }) =>
  viewService(await store.tenant(scope, (tx) => findService(tx, params.service)));
