/** Queries on the identity providers that tenants have set. Only the platform's issuer has members to sign in by them. */
import { isId, type Id } from '@tulou/contract';
import type { Fragment } from '../../store/pool.ts';
import { isProven, selfAndParents, type DomainOwner } from '../../store/hosts.ts';
import { withinTenant, type SystemTx, type TenantTx } from '../../store/store.ts';
import { fromIdentity } from '../../tenancy/doors.ts';
import type { Vault } from '../../kernel/seal.ts';

/** One that is in use. */
export interface Connection {
  readonly tenantUuid: string;
  readonly id: Id<'connection'>;
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly domains: readonly string[];
  readonly enforced: boolean;
  /** An owner has allowed it to sign in owners. */
  readonly owners: boolean;
  /** Changes with whatever of it changes. */
  readonly changedAt: Date;
}

type Row = Omit<Connection, 'clientSecret'> & { readonly sealed: Uint8Array | null };

export async function findConnection(tx: SystemTx, id: string, vault: Vault): Promise<Connection | undefined> {
  if (!isId('connection', id)) return undefined;
  const [known] = await tx.sql<{ tenant: string }[]>`select tenant_id as tenant from connections where id = ${id}`;
  const [row] = known === undefined ? [] : await readOf(tx, known.tenant, ({ sql }) => sql`c.id = ${id}`);
  if (row === undefined) return undefined;
  const { sealed, ...rest } = row;
  const context = `connection ${row.tenantUuid} ${id}`;
  return { ...rest, clientSecret: sealed === null ? undefined : vault.open(sealed, context) };
}

/** The fields that a sign-in page shows. */
export type Offered = Pick<Connection, 'id' | 'name' | 'enforced' | 'owners'>;

/** Those of a tenant, by its UUID or slug. */
export async function offeredBy(
  tx: SystemTx,
  tenant: { readonly uuid: string } | { readonly slug: string },
): Promise<readonly Offered[]> {
  if ('uuid' in tenant) return readOf(tx, tenant.uuid, ({ sql }) => sql`true`);
  const [known] = await tx.sql<{ uuid: string }[]>`select tenant_id as uuid from tenants where slug = ${tenant.slug}`;
  return known === undefined ? [] : readOf(tx, known.uuid, ({ sql }) => sql`true`);
}

/**
 * Those that speak for the domain of an address. `provenOnly`: of tenants that have verified it; else any tenant could ask
 * people of another company to sign in at a provider of its own.
 */
export async function offeredTo(tx: SystemTx, email: string, provenOnly: boolean): Promise<readonly Offered[]> {
  const domain = email.slice(email.lastIndexOf('@') + 1).toLowerCase();
  const tenants = await tx.sql<{ uuid: string }[]>`
    select distinct tenant_id as uuid from connections where domains @> ${[domain]}::text[] order by tenant_id`;
  const offered: Offered[] = [];
  for (const { uuid } of tenants) {
    if (provenOnly && !(await isProvenDomain(tx, uuid, domain))) continue;
    offered.push(...(await readOf(tx, uuid, ({ sql }) => sql`c.domains @> ${[domain]}::text[]`)));
  }
  return offered.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** Whether the mail domain counts for the tenant. */
export async function isProvenDomain({ sql }: SystemTx, tenantUuid: string, domain: string): Promise<boolean> {
  const owners = await sql<DomainOwner[]>`
    select host, owner, method, released_at from domain_owners where host = any(${selfAndParents(domain)})`;
  return isProven(domain, owners, tenantUuid);
}

function readOf(tx: SystemTx, tenantUuid: string, by: (own: TenantTx) => Fragment): Promise<readonly Row[]> {
  return withinTenant(tx, fromIdentity('connection', tenantUuid), (own) => read(own, by(own)));
}

function read({ sql, tenantUuid }: TenantTx, by: Fragment): Promise<readonly Row[]> {
  return sql<Row[]>`
    select c.tenant_id as "tenantUuid", c.id, c.name, c.issuer_url as issuer, c.client_id as "clientId",
      c.secret_client_secret as sealed, c.domains, c.enforced, c.owners, c.updated_at as "changedAt"
    from connections c join tenants t on t.tenant_id = c.tenant_id
    where c.tenant_id = ${tenantUuid} and ${by} and c.state = 'active' and t.suspended_at is null and t.delete_at is null
    order by c.id`;
}
