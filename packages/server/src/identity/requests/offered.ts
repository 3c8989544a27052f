/** Which identity providers of tenants a person may sign in by, for what the app asks. */
import { isId, uuidFromId } from '@tulou/contract';
import type { SystemTx } from '../../store/store.ts';
import { offeredBy, type Offered } from '../federation/connections.ts';
import type { Parameters } from './request.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';

export interface Offers {
  readonly connections: readonly Offered[];
  /** A tenant that is asked for lets its members in by its own provider only. */
  readonly enforced: boolean;
  /** No tenant is asked for, and some have providers of their own: who is a member there says so. */
  readonly open: boolean;
}

const prefix = 'urn:tulou:tenant:';

export async function readOffers(tx: SystemTx, { issuer, resources }: Parameters): Promise<Offers> {
  if (issuer.tenantUuid !== nilTenant) return { connections: [], enforced: false, open: false };
  const connections: Offered[] = [];
  for (const resource of resources) {
    if (!resource.startsWith(prefix)) continue;
    const name = resource.slice(prefix.length);
    const tenant = isId('tenant', name) ? { uuid: uuidFromId('tenant', name) ?? '' } : { slug: name };
    connections.push(...(await offeredBy(tx, tenant)));
  }
  // Owners sign in otherwise if it does not bind them, and at this point the person is not known yet.
  const enforced = connections.some((one) => one.enforced && one.owners);
  const isOpen = !resources.some((resource) => resource.startsWith(prefix)) && (await areAny(tx));
  return { connections, enforced, open: isOpen };
}

async function areAny({ sql }: SystemTx): Promise<boolean> {
  const rows = await sql`select from connections where state = 'active' limit 1`;
  return rows.length === 1;
}
