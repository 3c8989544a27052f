import type { scopes } from '@tulou/contract/operations/scopes';
import { findApi } from '../apis/api.ts';
import type { Handler } from '../../operations/handler.ts';
import { ownSlug } from '../../operations/directory.ts';
import { findScope, viewScope } from '../scope.ts';

export const getScope: Handler<typeof scopes.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const api = await findApi(tx, params.api);
    return viewScope(await ownSlug(tx), api, await findScope(tx, api, params.scope));
  });
