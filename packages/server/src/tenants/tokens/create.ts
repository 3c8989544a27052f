import { formatCredential, limits, parseCredential, Problem, type Role, type Violation } from '@tulou/contract';
import type { tokens } from '@tulou/contract/operations/tokens';
import { must } from '../../kernel/assert.ts';
import { sha256 } from '../../kernel/hash.ts';
import { newId } from '../../kernel/random.ts';
import type { TenantTx } from '../../store/store.ts';
import { roleContains } from '../../tenancy/access.ts';
import type { Principal } from '../../tenancy/principal.ts';
import type { Handler } from '../../operations/handler.ts';
import { holdRank } from '../members/member.ts';
import { holdQuota } from '../../operations/quota.ts';
import { onlyOf, viewToken, type TokenRow } from './token.ts';

/**
 * Creates a control token for the caller, or for another member if the caller is an admin. Its role is never above the role
 * of the caller. The response shows the token once.
 */
export const createToken: Handler<typeof tokens.create> = (scope, { body }, { clock, random }, call) =>
  call.commit(async (tx) => {
    const now = new Date(clock.now());
    const memberRole = await roleOf(tx, body.member);
    // A token acts as its member, so the maker of a token for another member must not rank below that member.
    if (scope.principal.kind !== 'member' || scope.principal.member !== body.member)
      holdRank(scope.principal, memberRole);
    const { role = memberRole } = body;
    if (!roleContains(memberRole, role)) throw violation('/role', `the member is only ${memberRole}`);
    holdRank(scope.principal, role);
    const expiresAt = expiryOf(body.expires_at, scope.principal, now);
    const counted = tx.sql`
      select 1 from tokens where tenant_id = ${scope.tenantUuid} and member = ${body.member} and revoked_at is null`;
    await holdQuota(tx, counted, limits.tokensPerMemberMax, 'tokens of this member');
    const token = formatCredential('member', scope.tenantUuid, random.bytes(8), random.bytes(32));
    const credential = must(parseCredential(token), 'what was formatted is a credential');
    const row: TokenRow = {
      id: newId('token', clock, random),
      member: body.member,
      name: body.name,
      role,
      expires_at: expiresAt,
      revoked_at: null,
      created_at: now,
    };
    await tx.sql`
      insert into tokens (tenant_id, id, member, name, role, credential_id, secret_hash, expires_at, makers, created_at)
      values (${scope.tenantUuid}, ${row.id}, ${row.member}, ${row.name}, ${row.role}, ${credential.id},
              ${sha256(credential.secret)}, ${row.expires_at}, ${makersOf(scope.principal, row.member)}::text[], ${now})`;
    const after = viewToken(row);
    return { output: { ...after, token }, target: row.id, before: null, after };
  });

/** The role of a member that this caller may make tokens for. A member that is absent and one that is forbidden are one answer. */
async function roleOf(tx: TenantTx, member: string): Promise<Role> {
  const own = onlyOf(tx.scope.principal);
  const [row] = await tx.sql<{ role: Role }[]>`
    select role from members where tenant_id = ${tx.tenantUuid} and id = ${member} for share`;
  if (row === undefined || (own !== undefined && own !== member))
    throw violation('/member', 'names no member for whom you may create tokens');
  return row.role;
}

/** The members on whose rights the token depends, beside its own member: its maker, and the makers of the token that made it. */
function makersOf(principal: Principal, member: string): string[] {
  if (principal.kind !== 'member') return [];
  const makers = new Set([...principal.makers, principal.member].filter((one) => one !== member));
  if (makers.size > makersMax) {
    const detail = `This token was made by a token that others made, ${makersMax} deep. Sign in, or use another token.`;
    throw new Problem('forbidden', { detail });
  }
  return [...makers];
}

const makersMax = 8;

/** The time at which the new token expires: in the future, and not after the token that makes it. */
function expiryOf(asked: string | undefined, principal: Principal, now: Date): Date | null {
  const expiresAt = asked === undefined ? null : new Date(asked);
  if (expiresAt !== null && expiresAt <= now) throw violation('/expires_at', 'is in the past');
  const latest = principal.kind === 'member' ? principal.expiresAt : null;
  if (latest !== null && (expiresAt === null || expiresAt > latest)) {
    throw violation('/expires_at', `must not be after ${latest.toISOString()}, when your own token expires`);
  }
  return expiresAt;
}

function violation(pointer: string, message: string): Problem {
  const violations: readonly Violation[] = [{ pointer, message }];
  return new Problem('invalid_request', { violations });
}
