import { Problem } from '@tulou/contract';
import type { versions } from '@tulou/contract/operations/versions';
import { findApi } from '../apis/api.ts';
import type { Handler } from '../../operations/handler.ts';
import { findVersion, viewVersion } from './version.ts';

export const getVersion: Handler<typeof versions.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const api = await findApi(tx, params.api);
    return viewVersion(api, await findVersion(tx, api, params.version));
  });

export const getVersionOpenapi: Handler<typeof versions.openapi> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const api = await findApi(tx, params.api);
    const version = await findVersion(tx, api, params.version);
    const [row] = await tx.sql<{ document: Record<string, unknown> }[]>`
      select document from version_documents where tenant_id = ${scope.tenantUuid} and version_id = ${version.id}`;
    if (row === undefined) throw new Problem('not_found');
    return row.document;
  });
