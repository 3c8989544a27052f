/** Which identity providers of tenants a person may sign in by, for what the app asks. */
import { isId, uuidFromId } from '@tulou/contract';
import type { SystemTx } from '../../store/store.ts';
import { offeredBy, type Offered } from '../federation/connections.ts';
import { nilTenant } from '../publish.ts';
import { controlResource } from '../tokens/control.ts';
import type { Parameters } from './request.ts';

export interface Offers {
  readonly connections: readonly Offered[];
  /** A tenant that is asked for lets its members in by its own provider only. */
  readonly enforced: boolean;
  /** No tenant is asked for, but whatever the person may: they say whose member they are. */
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
  const enforced = connections.some((one) => one.enforced);
  return { connections, enforced, open: resources.includes(controlResource(issuer.issuer)) };
}
