import type { apis } from '@tulou/contract/operations/apis';
import type { Handler } from '../../operations/handler.ts';
import { findApi, viewApi } from './api.ts';

export const getApi: Handler<typeof apis.get> = async (scope, { params }, { store }) =>
  viewApi(await store.tenant(scope, (tx) => findApi(tx, params.api)));
