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

/** A control token of a member: for oneself, or for another by an admin, and never above one's own role. Shown once. */
export const createToken: Handler<typeof tokens.create> = (scope, { body }, { clock, random }, call) =>
  call.commit(async (tx) => {
    const now = new Date(clock.now());
    const memberRole = await roleOf(tx, body.member);
    // A token acts in the name of its member, so for another one its maker must not be lower than that member.
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

/** The role of a member that this caller may make tokens for: there is none to others, and they can't tell why. */
async function roleOf(tx: TenantTx, member: string): Promise<Role> {
  const own = onlyOf(tx.scope.principal);
  const [row] = await tx.sql<{ role: Role }[]>`
    select role from members where tenant_id = ${tx.tenantUuid} and id = ${member} for share`;
  if (row === undefined || (own !== undefined && own !== member))
    throw violation('/member', 'no such member, or not for you');
  return row.role;
}

/** By whose rights the token exists, beside its own member: who makes it, and those by whose rights they do. */
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

/** When the new token ends: not in the past, and not after the token that makes it. */
function expiryOf(asked: string | undefined, principal: Principal, now: Date): Date | null {
  const expiresAt = asked === undefined ? null : new Date(asked);
  if (expiresAt !== null && expiresAt <= now) throw violation('/expires_at', 'is in the past');
  const latest = principal.kind === 'member' ? principal.expiresAt : null;
  if (latest !== null && (expiresAt === null || expiresAt > latest)) {
    throw violation('/expires_at', `is not after ${latest.toISOString()}, when your own token expires`);
  }
  return expiresAt;
}

function violation(pointer: string, message: string): Problem {
  const violations: readonly Violation[] = [{ pointer, message }];
  return new Problem('invalid_request', { violations });
}
