/** Finds the member of a tenant that the tenant's provider has signed in. */
import { plainLineOf, type Id, type Role } from '@tulou/contract';
import type { Clock } from '../../kernel/clock.ts';
import { newId, type Random } from '../../kernel/random.ts';
import type { Offers } from '../../operations/offers.ts';
import type { TenantTx } from '../../store/store.ts';
import type { Audit } from '../acting.ts';
import { isStillBacked } from '../people/makers.ts';
import { emailOf, type Locale } from '../people/users.ts';
import { denyUsers } from '../../snapshot/denials.ts';
import { isProvenDomain, type Connection } from './connections.ts';
import type { Asserted } from './provider.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';
import { platform, withinIssuer } from '../scopes.ts';
import { crossing } from '../system-wide.ts';

export interface LinkDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly audit: Audit;
  readonly bindMember: Offers['bindMember'];
  /** A mail domain counts only where its tenant has verified it. */
  readonly provenDomainsOnly?: boolean | undefined;
}

interface Visitor {
  readonly locale: Locale;
  readonly address: string;
  readonly requestId: string;
}

/**
 * The person that the provider's subject is already bound to. The first time, it is a new person, who becomes the member with
 * the address that the provider has verified, in one of the connection's domains. Undefined: there is no such member.
 *
 * It is always a person of the connection's own, never one who signs in otherwise. A tenant's provider makes a member of that
 * tenant; it opens nothing that the owner of the address has elsewhere. A member who had joined with another account is this
 * person from then on. An owner is bound only if an owner has allowed the connection to do so.
 */
export async function personOf(
  tx: TenantTx,
  connection: Connection,
  asserted: Asserted,
  visitor: Visitor,
  deps: LinkDeps,
): Promise<Id<'user'> | undefined> {
  const known = await findManaged(tx, connection, asserted.subject);
  if (known?.disabled === true) return undefined;
  if (known !== undefined && (await isMember(tx, connection, known.id))) return known.id;
  const member = await findMember(tx, connection, asserted, deps);
  if (member === undefined || (await isBarred(tx, connection, member.email))) return undefined;
  const user = known?.id ?? (await makeManaged(tx, connection, asserted, visitor, deps));
  await bind(tx, connection, member, user, visitor, deps);
  return user;
}

async function findManaged(
  tx: TenantTx,
  { tenantUuid, id }: Connection,
  subject: string,
): Promise<{ id: Id<'user'>; disabled: boolean } | undefined> {
  const [row] = await withinIssuer(
    tx,
    platform,
    ({ sql }) => sql<{ id: Id<'user'>; disabled: boolean }[]>`
    select id, disabled_at is not null as disabled from users
    where tenant_id = ${nilTenant} and tenant = ${tenantUuid} and connection = ${id} and subject = ${subject}`,
  );
  return row;
}

async function isMember({ sql }: TenantTx, { tenantUuid }: Connection, user: string): Promise<boolean> {
  const rows = await sql`select from members where tenant_id = ${tenantUuid} and user_id = ${user}`;
  return rows.length === 1;
}

interface MemberRow {
  readonly id: string;
  readonly email: string;
  readonly role: Role;
  readonly user: string | null;
}

/** Locked. Undefined also where the member is another person of a connection: an address is lent, a subject is not. */
async function findMember(
  tx: TenantTx,
  { tenantUuid, domains, owners }: Connection,
  { email: told, emailVerified }: Asserted,
  { provenDomainsOnly = false }: LinkDeps,
): Promise<MemberRow | undefined> {
  const email = emailOf(told ?? '');
  const domain = email.slice(email.lastIndexOf('@') + 1);
  if (!emailVerified || !email.includes('@') || !domains.includes(domain)) return undefined;
  const isProven = (): Promise<boolean> => crossing(tx, 'domains', (all) => isProvenDomain(all, tenantUuid, domain));
  if (provenDomainsOnly && !(await isProven())) return undefined;
  const [row] = await tx.sql<MemberRow[]>`
    select id, email, role, user_id as user from members where tenant_id = ${tenantUuid} and email = ${email} for update`;
  if (row?.role === 'owner' && !owners) return undefined;
  if (row === undefined) return undefined;
  if (row.user === null) return (await isStillBacked(tx, row)) ? row : undefined;
  const managed = await withinIssuer(
    tx,
    platform,
    ({ sql }) => sql`select from users where tenant_id = ${nilTenant} and id = ${row.user} and connection is not null`,
  );
  return managed.length === 0 ? row : undefined;
}

/** Whether an operator has disabled a person of this address: a new connection is no way around that. */
async function isBarred(tx: TenantTx, { tenantUuid }: Connection, email: string): Promise<boolean> {
  const rows = await withinIssuer(
    tx,
    platform,
    ({ sql }) => sql`
    select from users
    where tenant_id = ${nilTenant} and email = ${emailOf(email)} and disabled_at is not null
      and (connection is null or tenant = ${tenantUuid}) limit 1`,
  );
  return rows.length === 1;
}

/** Their address is what the provider says, and is not called verified to apps: another person may have the same. */
async function makeManaged(
  tx: TenantTx,
  { tenantUuid, id: connection }: Connection,
  { subject, email, name }: Asserted,
  { locale }: Visitor,
  { clock, random }: LinkDeps,
): Promise<Id<'user'>> {
  const [id, now, address] = [newId('user', clock, random), new Date(clock.now()), emailOf(email ?? '')];
  await withinIssuer(
    tx,
    platform,
    ({ sql }) => sql`
    insert into users (tenant_id, id, email, name, locale, tenant, connection, subject, created_at, updated_at)
    values (${nilTenant}, ${id}, ${address}, ${nameOf(name, address)}, ${locale}, ${tenantUuid}, ${connection},
            ${subject}, ${now}, ${now})`,
  );
  return id;
}

const nameOf = (name: string | undefined, address: string): string =>
  plainLineOf(name ?? '')
    .slice(0, 100)
    .trim() || address.slice(0, 100);

async function bind(
  tx: TenantTx,
  { tenantUuid, id: connection }: Connection,
  member: MemberRow,
  user: Id<'user'>,
  { address, requestId }: Visitor,
  { clock, audit, bindMember }: LinkDeps,
): Promise<void> {
  const now = new Date(clock.now());
  await bindMember(tx, { tenantUuid, member: member.id, user }, now);
  await tx.sql`delete from invitations where tenant_id = ${tenantUuid} and member = ${member.id} and accepted_at is null`;
  if (member.user !== null) denyUsers(tx, [member.user], clock.now());
  const { id, email, role } = member;
  const [before, after] = [
    { id, email, role, joined: member.user !== null },
    { id, email, role, joined: true, user, connection },
  ];
  await audit(tx, tenantUuid, { actor: id, operation: 'members.join', target: id, before, after, address, requestId });
}
