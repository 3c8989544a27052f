import type { catalog } from '@tulou/contract/operations/catalog';
import { pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewEntry, type CatalogRow } from './entry.ts';

const addressPlace = /^[a-z0-9-]+\/[a-z0-9-]+$/;

export const listCatalog: Handler<typeof catalog.list> = async (scope, { query }, { store }) => {
  const [tenantSlug = '', apiSlug = ''] = (placeOf(query.cursor, addressPlace) ?? '').split('/');
  const rows = await store.tenant(
    scope,
    ({ sql }) => sql<CatalogRow[]>`
      select * from catalog
      where (tenant_slug, api_slug) > (${tenantSlug}, ${apiSlug}) and published
        and (tenant = ${scope.tenantUuid} or (provider_active and visibility = 'public'))
        ${query.search === undefined ? sql`` : sql`and strpos(words, ${query.search.toLowerCase()}) > 0`}
      order by tenant_slug, api_slug limit ${query.limit + 1}`,
  );
  return pageOf(rows, query.limit, viewEntry, (row) => `${row.tenant_slug}/${row.api_slug}`);
};
