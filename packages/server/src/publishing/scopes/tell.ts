/** Publishes the scopes of an API to gateways and the catalog, after one was written. */
import type { TenantTx } from '../../store/store.ts';
import type { ApiRow } from '../apis/api.ts';
import { refreshCatalog } from '../catalog/refresh.ts';
import { apiChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import { scopesOf } from '../scope.ts';

/** The caller holds the lock of the API (`lockApi`). */
export async function tellScopes(tx: TenantTx, api: ApiRow, now: Date): Promise<void> {
  await refreshCatalog(tx, api.id, now);
  publish(tx, [apiChange(tx.scope, api, await scopesOf(tx, api))]);
}
