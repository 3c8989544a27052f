/**
 * A mailed invitation: it shows that the address is the invited person's, and makes that person the member. Members are people
 * of the platform's issuer, of no other.
 */
import { isId, uuidFromId, type Id, type Role } from '@tulou/contract';
import { equalHashes, sha256 } from '../../kernel/hash.ts';
import type { Offers } from '../../operations/offers.ts';
import type { TenantTx } from '../../store/store.ts';
import { isStillBacked } from './makers.ts';
import { emailOf } from './users.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';
import { must } from '../../kernel/assert.ts';
import { fromIdentity } from '../../tenancy/doors.ts';
import type { TenantScope } from '../../tenancy/scope.ts';
import { platform, withinIssuer } from '../scopes.ts';

/** The content of the mailed link. */
export interface InvitationRef {
  readonly tenant: Id<'tenant'>;
  readonly invitation: Id<'invitation'>;
  readonly secret: string;
}

export interface Invitation {
  readonly tenantUuid: string;
  readonly id: string;
  readonly member: string;
  readonly email: string;
  readonly role: Role;
  readonly tenantName: string;
  /** There is a person of this address already. */
  readonly known: boolean;
  /** Its maker may no longer give the role. */
  readonly lapsed: boolean;
}

const secretShape = /^[A-Za-z0-9_-]{20,100}$/;

/** The three parts as `tenant.invitation.secret`, and back. */
export const writeRef = ({ tenant, invitation, secret }: InvitationRef): string => `${tenant}.${invitation}.${secret}`;

export function readRef(text: string): InvitationRef | undefined {
  const [tenant = '', invitation = '', secret = '', more] = text.split('.');
  if (!isId('tenant', tenant) || !isId('invitation', invitation) || !secretShape.test(secret)) return undefined;
  return more === undefined ? { tenant, invitation, secret } : undefined;
}

/** The scope of the tenant that a link names. */
export const scopeOf = ({ tenant }: InvitationRef): TenantScope =>
  fromIdentity('invitation', must(uuidFromId('tenant', tenant), 'an id of a tenant has a UUID'));

/** The invitation, locked until the transaction ends. Undefined: unknown, used, expired, or its member is somebody by now. */
export async function findInvitation(tx: TenantTx, ref: InvitationRef, now: Date): Promise<Invitation | undefined> {
  const { tenantUuid } = tx;
  const [row] = await tx.sql<(Omit<Invitation, 'known' | 'lapsed'> & { hash: string })[]>`
    select i.tenant_id as "tenantUuid", i.id, i.member, m.email, m.role, t.name as "tenantName", i.secret_hash as hash
    from invitations i
    join members m on m.tenant_id = i.tenant_id and m.id = i.member
    join tenants t on t.tenant_id = i.tenant_id
    where i.tenant_id = ${tenantUuid} and i.id = ${ref.invitation} and i.accepted_at is null and i.expires_at > ${now}
      and m.user_id is null and t.suspended_at is null and t.delete_at is null
    for update of i`;
  if (row === undefined || !equalHashes(row.hash, sha256(ref.secret))) return undefined;
  const { hash: _, ...invitation } = row;
  const email = emailOf(invitation.email);
  const known = await withinIssuer(
    tx,
    platform,
    ({ sql }) => sql`select from users where tenant_id = ${nilTenant} and email = ${email} and connection is null`,
  );
  const { member: id, role } = invitation;
  const lapsed = !(await isStillBacked(tx, { id, role }));
  return { ...invitation, email, known: known.length === 1, lapsed };
}

/** Binds the member to the person. The invitation must have been found in the same transaction. */
export async function acceptInvitation(
  tx: TenantTx,
  invitation: Invitation,
  user: string,
  now: Date,
  { bindMember }: Pick<Offers, 'bindMember'>,
): Promise<void> {
  const { tenantUuid, id, member, email } = invitation;
  await bindMember(tx, { tenantUuid, member, user }, now);
  await tx.sql`update invitations set accepted_at = ${now} where tenant_id = ${tenantUuid} and id = ${id}`;
  await withinIssuer(
    tx,
    platform,
    ({ sql }) => sql`
    update users set verified_at = ${now}
    where tenant_id = ${nilTenant} and email = ${email} and connection is null and verified_at is null`,
  );
}
