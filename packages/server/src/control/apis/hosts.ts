/** Host names lead to one API, or one issuer, on the whole platform: a reference table says to which. */
import { Problem } from '@tulou/contract';
import type { TenantTx } from '../../store/store.ts';

/**
 * Makes these, and no others, the host names of an API. Throws `conflict` where one belongs to another API, of whomever,
 * or to the platform itself: which of them it is, is not said.
 */
export async function claimHosts(
  tx: TenantTx,
  apiId: string,
  hosts: readonly string[],
  platform: { readonly platformUrl: string; readonly gatewayUrl: string },
): Promise<void> {
  const own = [platform.platformUrl, platform.gatewayUrl].map((url) => new URL(url).hostname);
  for (const host of hosts) if (own.includes(host)) throw taken(host);
  await tx.sql`
    delete from hosts where tenant = ${tx.tenantUuid} and api_id = ${apiId} and not host = any(${[...hosts]}::text[])`;
  // In one order for all, so that two claims of the same names wait for each other and never deadlock.
  await tx.sql`
    insert into hosts (host, tenant, api_id)
    select host, ${tx.tenantUuid}, ${apiId} from unnest(${hosts.toSorted()}::text[]) as host order by host
    on conflict (host) do nothing`;
  const held = await tx.sql<{ host: string }[]>`
    select host from hosts where tenant = ${tx.tenantUuid} and api_id = ${apiId}`;
  const missing = hosts.find((host) => !held.some((row) => row.host === host));
  if (missing !== undefined) throw taken(missing);
}

function taken(host: string): Problem {
  return new Problem('conflict', { detail: `The host name ${host} is taken.` });
}
