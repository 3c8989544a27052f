import { Problem } from '@tulou/contract';
import type { catalog } from '@tulou/contract/operations/catalog';
import { crossTenants } from '../../store/store.ts';
import type { Handler } from '../../operations/handler.ts';
import { findEntry, viewEntry } from './entry.ts';

export const getCatalogEntry: Handler<typeof catalog.get> = async (scope, { params }, { store }) =>
  viewEntry(await store.tenant(scope, (tx) => findEntry(tx, params.provider, params.api)));

/** The row of the catalog, which this tenant may see, names the document. Only that document is then read from its tenant. */
export const getCatalogOpenapi: Handler<typeof catalog.openapi> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const entry = await findEntry(tx, params.provider, params.api);
    const version = entry.versions.find(({ id, name }) => id === params.version || name === params.version);
    if (version === undefined) throw new Problem('not_found');
    const [row] = await crossTenants(tx, 'documents of published versions are there for every tenant', ({ sql }) => {
      return sql<{ document: Record<string, unknown> }[]>`
        select document from version_documents where tenant_id = ${entry.tenant} and version_id = ${version.id}`;
    });
    if (row === undefined) throw new Problem('not_found');
    return row.document;
  });
