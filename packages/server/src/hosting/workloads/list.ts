import type { services } from '@tulou/contract/operations/services';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewService, type ServiceRow } from './service.ts';

export const listServices: Handler<typeof services.list> = async (scope, { query }, { store }) => {
  const place = placeOf(query.cursor, idPlace) ?? '';
  const rows = await store.tenant(
    scope,
    ({ sql }) => sql<ServiceRow[]>`
      select s.*, t.slug as tenant_slug from services s join tenants t on t.tenant_id = s.tenant_id
      where s.tenant_id = ${scope.tenantUuid} and s.id > ${place}
      order by s.id limit ${query.limit + 1}`,
  );
  return pageOf(rows, query.limit, viewService, (row) => row.id);
};
