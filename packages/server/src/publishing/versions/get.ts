import { Problem } from '@tulou/contract';
import type { versions } from '@tulou/contract/operations/versions';
import { findApi } from '../apis/api.ts';
import { Verbatim, type Handler } from '../../operations/handler.ts';
import { findingsOf, findVersion, viewVersion } from './version.ts';

export const getVersion: Handler<typeof versions.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const api = await findApi(tx, params.api);
    return viewVersion(api, await findVersion(tx, api, params.version));
  });

/** The document as it was sent, or as JSON if the caller accepts only JSON. */
export const getVersionOpenapi: Handler<typeof versions.openapi> = (scope, { params }, { store }, call) =>
  store.tenant(scope, async (tx) => {
    const api = await findApi(tx, params.api);
    const version = await findVersion(tx, api, params.version);
    const [row] = await tx.sql<{ json: string; source: string | null }[]>`
      select document::text as json, source from version_documents
      where tenant_id = ${scope.tenantUuid} and version_id = ${version.id}`;
    if (row === undefined) throw new Problem('not_found');
    const wantsJson = /\bapplication\/json\b/i.test(call.accept) && !/yaml|\*\/\*/i.test(call.accept);
    if (row.source === null || wantsJson) return new Verbatim('application/json', row.json);
    return new Verbatim('application/yaml', row.source);
  });

export const getVersionFindings: Handler<typeof versions.findings> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const api = await findApi(tx, params.api);
    const version = await findVersion(tx, api, params.version);
    return { ...viewVersion(api, version).findings, items: await findingsOf(tx, version.id) };
  });
