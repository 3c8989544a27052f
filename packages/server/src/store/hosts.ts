/**
 * Host names lead to one API, or one issuer, on the whole platform: a reference table says to which. A tenant claims names
 * within domains that it has shown to be its own.
 */
import { isWithin, Problem } from '@tulou/contract';
import { crossTenants, type TenantTx } from './store.ts';

interface Platform {
  readonly platformUrl: string;
  readonly gatewayUrl: string;
  /** Names count without proof. */
  readonly unprovenHosts: boolean;
}

/**
 * Makes these, and no others, the host names of an API. Throws `conflict` where one belongs to another API, of any tenant,
 * or to the platform itself: the answer does not say to which. Throws `domain_unproven` for a new name without proof.
 */
export async function claimHosts(
  tx: TenantTx,
  apiId: string,
  hosts: readonly string[],
  platform: Platform,
): Promise<void> {
  await tx.sql`
    delete from hosts where tenant = ${tx.tenantUuid} and api_id = ${apiId} and not host = any(${[...hosts]}::text[])`;
  const before = await heldBy(tx, apiId);
  const added = hosts.filter((host) => !before.includes(host));
  refusePlatform(added, platform);
  await holdProven(tx, added, platform);
  // In one order for all, so that two claims of the same names wait for each other and never deadlock.
  await tx.sql`
    insert into hosts (host, tenant, api_id)
    select host, ${tx.tenantUuid}, ${apiId} from unnest(${added.toSorted()}::text[]) as host order by host
    on conflict (host) do nothing`;
  const held = await heldBy(tx, apiId);
  const missing = hosts.find((host) => !held.includes(host));
  if (missing !== undefined) throw taken(missing);
}

async function heldBy({ sql, tenantUuid }: TenantTx, apiId: string): Promise<readonly string[]> {
  const rows = await sql<{ host: string }[]>`
    select host from hosts where tenant = ${tenantUuid} and api_id = ${apiId}`;
  return rows.map(({ host }) => host);
}

/** Makes this, and no other, the host name of the tenant's issuer. Throws as above. */
export async function claimHost(tx: TenantTx, host: string, platform: Platform): Promise<void> {
  const { sql, tenantUuid } = tx;
  refusePlatform([host], platform);
  await sql`delete from hosts where tenant = ${tenantUuid} and api_id is null and host <> ${host}`;
  const isHeld = async (): Promise<boolean> =>
    (await sql`select from hosts where host = ${host} and tenant = ${tenantUuid} and api_id is null`).length > 0;
  if (await isHeld()) return;
  await holdProven(tx, [host], platform);
  await sql`insert into hosts (host, tenant) values (${host}, ${tenantUuid}) on conflict (host) do nothing`;
  if (!(await isHeld())) throw taken(host);
}

/**
 * Throws `conflict` for the platform's and the gateway's own names, those above them and those below: cookies and
 * certificates reach across these.
 */
export function refusePlatform(hosts: readonly string[], { platformUrl, gatewayUrl }: Omit<Platform, 'unprovenHosts'>) {
  const own = [platformUrl, gatewayUrl].map((url) => new URL(url).hostname);
  const found = hosts.find((host) => own.some((one) => isWithin(host, one) || isWithin(one, host)));
  if (found !== undefined) throw taken(found);
}

/** Throws `domain_unproven` unless each name is within a verified domain of the transaction's tenant. */
export async function holdProven(
  tx: TenantTx,
  hosts: readonly string[],
  { unprovenHosts }: Pick<Platform, 'unprovenHosts'>,
): Promise<void> {
  if (unprovenHosts || hosts.length === 0) return;
  const owners = await crossTenants(tx, 'a domain has one owner on the whole platform', ({ sql }) => {
    const names = [...new Set(hosts.flatMap(selfAndParents))];
    return sql<DomainOwner[]>`select host, owner, method, released_at from domain_owners where host = any(${names})`;
  });
  const unproven = hosts.find((host) => !isProven(host, owners, tx.tenantUuid));
  if (unproven === undefined) return;
  throw new Problem('domain_unproven', { detail: `${unproven} is within no verified domain of this tenant.` });
}

/** A row of `domain_owners`. */
export interface DomainOwner {
  readonly host: string;
  readonly owner: string;
  readonly method: 'dns' | 'http';
  readonly released_at: Date | null;
}

/** The closest domain decides: the tenant that has verified `shop.example.com` has it, also if another has verified `example.com`. */
export function isProven(host: string, owners: readonly DomainOwner[], tenantUuid: string): boolean {
  const [closest] = owners
    .filter((one) => isWithin(host, one.host) && (one.method === 'dns' || one.host === host))
    .filter((one) => one.owner !== tenantUuid || one.released_at === null)
    .toSorted((a, b) => b.host.length - a.host.length);
  return closest?.owner === tenantUuid;
}

/** `a.b.example.com`, `b.example.com`, `example.com`, `com`. */
export function selfAndParents(host: string): string[] {
  const labels = host.split('.');
  return labels.map((_, i) => labels.slice(i).join('.'));
}

function taken(host: string): Problem {
  return new Problem('conflict', { detail: `The host name ${host} is taken.` });
}

/** Frees the host names of an API, or (null) of the tenant's issuer. */
export async function releaseHosts({ sql, tenantUuid }: TenantTx, apiId: string | null): Promise<void> {
  await sql`delete from hosts where tenant = ${tenantUuid} and api_id is not distinct from ${apiId}`;
}
