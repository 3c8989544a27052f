/** Rows of `domain_owners`: the one owner of a domain on the whole platform. */
import { isWithin, limits, Problem } from '@tulou/contract';
import { selfAndParents } from '../../store/hosts.ts';
import type { SystemTx } from '../../store/store.ts';
import type { Proof } from './prober.ts';

const quarantineMs = limits.domainQuarantineDays * 86_400_000;

interface Owner {
  readonly host: string;
  readonly owner: string;
  readonly released_at: Date | null;
}

/**
 * Makes the tenant the owner. Throws `conflict` while another one owns the domain, or had released it, or a domain above it,
 * less than the quarantine ago: the former owner's DNS records may still lead here.
 */
export async function ownDomain(
  { sql }: SystemTx,
  { host, tenantUuid, method }: { readonly host: string; readonly tenantUuid: string; readonly method: Proof },
  now: Date,
): Promise<void> {
  // The insert waits for a transaction that owns the same name, so what is read after it is settled.
  await sql`
    insert into domain_owners (host, owner, method) values (${host}, ${tenantUuid}, ${method})
    on conflict (host) do nothing`;
  const rows = await sql<Owner[]>`
    select host, owner, released_at from domain_owners where host = any(${selfAndParents(host)}) for update`;
  const since = new Date(now.getTime() - quarantineMs);
  const isReserved = (one: Owner): boolean =>
    one.released_at === null ? one.host === host : one.released_at > since && isWithin(host, one.host);
  if (rows.some((one) => one.owner !== tenantUuid && isReserved(one)))
    throw new Problem('conflict', { detail: `Another tenant owns ${host}, or has released it not long ago.` });
  await sql`
    update domain_owners set owner = ${tenantUuid}, method = ${method}, released_at = null where host = ${host}`;
}

/** The quarantine begins. */
export async function releaseDomain(
  { sql }: SystemTx,
  { host, tenantUuid }: { readonly host: string; readonly tenantUuid: string },
  now: Date,
): Promise<void> {
  await sql`
    update domain_owners set released_at = ${now}
    where host = ${host} and owner = ${tenantUuid} and released_at is null`;
}

/** The same for all domains of a tenant that is purged. */
export async function releaseDomains({ sql }: SystemTx, tenantUuid: string, now: Date): Promise<void> {
  await sql`update domain_owners set released_at = ${now} where owner = ${tenantUuid} and released_at is null`;
}
