/** Where an admin of a tenant installs an app, for the answer to a client that is refused. */
import type { SystemTx } from '../../store/store.ts';
import { readClient } from '../clients/find.ts';
import { readAddress } from './withheld.ts';

const prefix = 'urn:tulou:tenant:';
const scopesCharactersMax = 1000;

/**
 * Made of what was asked for alone: it says nothing of whether there is such a tenant. Undefined where no client of an app
 * asks, or for no tenant.
 */
export async function installLink(
  tx: SystemTx,
  issuer: string,
  { clientId, resource, scope }: { readonly clientId: string; readonly resource: string; readonly scope: unknown },
): Promise<string | undefined> {
  const client = await readClient(tx, clientId);
  if (client === undefined || !resource.startsWith(prefix)) return undefined;
  const url = new URL('/account/install', issuer);
  url.searchParams.set('app', await readAddress(tx, client.tenantUuid, client.appId));
  url.searchParams.set('tenant', resource.slice(prefix.length));
  const scopes = (typeof scope === 'string' ? scope : '').split(' ').filter((name) => name.includes('/'));
  const text = scopes.join(' ');
  if (text !== '' && text.length <= scopesCharactersMax) url.searchParams.set('scopes', text);
  return url.href;
}
