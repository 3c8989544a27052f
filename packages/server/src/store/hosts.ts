/** Host names lead to one API, or one issuer, on the whole platform: a reference table says to which. */
import { Problem } from '@tulou/contract';
import type { TenantTx } from './store.ts';

interface Platform {
  readonly platformUrl: string;
  readonly gatewayUrl: string;
}

/**
 * Makes these, and no others, the host names of an API. Throws `conflict` if one belongs to another API, of any tenant,
 * or to the platform itself, without naming which.
 */
export async function claimHosts(
  tx: TenantTx,
  apiId: string,
  hosts: readonly string[],
  platform: Platform,
): Promise<void> {
  for (const host of hosts) refusePlatform(host, platform);
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

/** Makes this, and no other, the host name of the tenant's issuer. Throws `conflict` as above. */
export async function claimHost(tx: TenantTx, host: string, platform: Platform): Promise<void> {
  const { sql, tenantUuid } = tx;
  refusePlatform(host, platform);
  await sql`delete from hosts where tenant = ${tenantUuid} and api_id is null and host <> ${host}`;
  await sql`insert into hosts (host, tenant) values (${host}, ${tenantUuid}) on conflict (host) do nothing`;
  const held = await sql`select from hosts where host = ${host} and tenant = ${tenantUuid} and api_id is null`;
  if (held.length === 0) throw taken(host);
}

function refusePlatform(host: string, { platformUrl, gatewayUrl }: Platform): void {
  if ([platformUrl, gatewayUrl].some((url) => new URL(url).hostname === host)) throw taken(host);
}

function taken(host: string): Problem {
  return new Problem('conflict', { detail: `The host name ${host} is taken.` });
}

/** Frees the host names of an API, or (null) of the tenant's issuer. */
export async function releaseHosts({ sql, tenantUuid }: TenantTx, apiId: string | null): Promise<void> {
  await sql`delete from hosts where tenant = ${tenantUuid} and api_id is not distinct from ${apiId}`;
}
