import type { domains } from '@tulou/contract/operations/domains';
import { idPlace, pageOf, placeOf } from '../../../operations/cursor.ts';
import type { Handler } from '../../../operations/handler.ts';
import { findDomain, viewDomain, type DomainRow } from './domain.ts';

export const getDomain: Handler<typeof domains.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => viewDomain(await findDomain(tx, params.domain)));

export const listDomains: Handler<typeof domains.list> = (scope, { query }, { store }) =>
  store.tenant(scope, async (tx) => {
    const place = placeOf(query.cursor, idPlace) ?? '';
    const rows = await tx.sql<DomainRow[]>`
      select * from domains where tenant_id = ${scope.tenantUuid} and id > ${place}
      order by id limit ${query.limit + 1}`;
    return pageOf(rows, query.limit, viewDomain, (row) => row.id);
  });
