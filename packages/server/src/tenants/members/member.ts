/** Rows of members, and the rules about roles. */
import { Problem, type Id, type Output, type Role } from '@tulou/contract';
import type { members } from '@tulou/contract/operations/members';
import type { TenantTx } from '../../store/store.ts';
import { roleContains } from '../../tenancy/access.ts';
import type { Principal } from '../../tenancy/principal.ts';

export interface MemberRow {
  readonly id: Id<'member'>;
  readonly email: string;
  readonly role: Role;
  /** The person that this member is; null until an invitation was accepted. */
  readonly user_id: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export function viewMember(row: MemberRow): Output<typeof members.get> {
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    joined: row.user_id !== null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** Throws `forbidden` if the caller grants, removes or changes a role above the role of the caller. */
export function holdRank(principal: Principal, role: Role): void {
  if (principal.kind !== 'member' || roleContains(principal.role, role)) return;
  throw new Problem('forbidden', { detail: `the role ${role} is above your own` });
}

/** Reads a member and locks it with all owners, always in the same order. Two owners who remove each other then do not deadlock. */
export async function lockMember(tx: TenantTx, id: string): Promise<{ member: MemberRow; isLastOwner: boolean }> {
  const rows = await tx.sql<MemberRow[]>`
    select * from members where tenant_id = ${tx.tenantUuid} and (id = ${id} or role = 'owner') order by id for update`;
  const member = rows.find((row) => row.id === id);
  if (member === undefined) throw new Problem('not_found');
  const owners = rows.filter((row) => row.role === 'owner');
  return { member, isLastOwner: member.role === 'owner' && owners.length === 1 };
}

/** A tenant keeps at least one owner, because only an owner can make another owner. */
export function keepAnOwner(isLastOwner: boolean): void {
  if (isLastOwner)
    throw new Problem('state_conflict', { detail: 'this is the last owner; make another member owner first' });
}
