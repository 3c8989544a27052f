/** Rows of control tokens, and which of them a caller may see. */
import { Problem, type Id, type Output, type Role } from '@tulou/contract';
import type { tokens } from '@tulou/contract/operations/tokens';
import type { TenantTx } from '../../store/store.ts';
import { roleContains } from '../../tenancy/access.ts';
import type { Principal } from '../../tenancy/principal.ts';

export interface TokenRow {
  readonly id: Id<'token'>;
  readonly member: Id<'member'>;
  readonly name: string;
  readonly role: Role;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly created_at: Date;
}

export function viewToken(row: TokenRow): Output<typeof tokens.get> {
  return {
    id: row.id,
    member: row.member,
    name: row.name,
    role: row.role,
    expires_at: row.expires_at?.toISOString() ?? null,
    revoked_at: row.revoked_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
  };
}

/** The member whose tokens this caller may see. Undefined: the caller is an admin and sees all tokens of the tenant. */
export function onlyOf(principal: Principal): Id<'member'> | undefined {
  return principal.kind === 'member' && !roleContains(principal.role, 'admin') ? principal.member : undefined;
}

/** A token that this caller may see. Throws `not_found`. */
export async function findToken(tx: TenantTx, id: string, lock: 'lock' | 'no lock'): Promise<TokenRow> {
  const own = onlyOf(tx.scope.principal);
  const [row] = await tx.sql<TokenRow[]>`
    select id, member, name, role, expires_at, revoked_at, created_at from tokens
    where tenant_id = ${tx.tenantUuid} and id = ${id} ${own === undefined ? tx.sql`` : tx.sql`and member = ${own}`}
    ${lock === 'lock' ? tx.sql`for update` : tx.sql``}`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}
