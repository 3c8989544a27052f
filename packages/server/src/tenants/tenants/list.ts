import { idFromUuid, uuidFromId } from '@tulou/contract';
import type { tenants } from '@tulou/contract/operations/tenants';
import { pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { viewTenant, type TenantRow } from './row.ts';

/** Lists the oldest tenants first. A prefix of a slug or name is a range of an index, so a search costs only what it finds. */
export const listTenants: Handler<typeof tenants.list> = (_operator, { query }, { store }) =>
  store.system('an operator lists the directory', async ({ sql }) => {
    const place = placeOf(query.cursor, tenantPlace);
    const after = place === undefined ? undefined : uuidFromId('tenant', place);
    const prefix = query.search?.toLowerCase();
    const rows = await sql<TenantRow[]>`
      select * from tenants
      where purged_at is null
        ${after === undefined ? sql`` : sql`and tenant_id > ${after}`}
        ${
          prefix === undefined
            ? sql``
            : sql`and (
                slug >= ${prefix} and slug < ${prefix + last}
                or lower(name) collate "C" >= ${prefix} and lower(name) collate "C" < ${prefix + last}
              )`
        }
      order by tenant_id limit ${query.limit + 1}`;
    return pageOf(rows, query.limit, viewTenant, (row) => idFromUuid('tenant', row.tenant_id));
  });

const tenantPlace = /^ten_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/** The last character of Unicode: every text with a prefix sorts before the prefix followed by this character. */
const last = '\u{10ffff}';
