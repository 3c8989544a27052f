/** Which changes of a connection only an owner may make: those that decide who an owner is, or how owners sign in. */
import { Problem } from '@tulou/contract';
import type { Clock } from '../../../kernel/clock.ts';
import type { TenantTx } from '../../../store/store.ts';
import { platform, withinIssuer } from '../../scopes.ts';
import type { Principal } from '../../../tenancy/principal.ts';
import { nilTenant } from '../../../tenancy/nil-tenant.ts';

/** A sign-in with two factors is good for this long. */
const freshSeconds = 15 * 60;

/** Whether the caller has all rights in the tenant. */
export const isOwner = (principal: Principal): boolean =>
  principal.kind === 'operator' || (principal.kind === 'member' && principal.role === 'owner');

/**
 * Throws `forbidden` unless an owner or an operator calls. A person must have shown two factors just now: a browser that was
 * left open is not enough. A control token has no person to ask.
 */
export function holdOwner(principal: Principal, clock: Clock): void {
  if (!isOwner(principal)) {
    const detail = 'This connection signs in owners, so only an owner may set or change it.';
    throw new Problem('forbidden', { detail });
  }
  if (principal.kind !== 'member' || principal.token !== null) return;
  const { signIn } = principal;
  const isFresh = signIn?.twoFactors === true && clock.now() / 1000 - signIn.at <= freshSeconds;
  if (isFresh) return;
  const detail =
    'This connection signs in owners. Sign in again with two factors (`acr_values=urn:tulou:acr:2`), then retry within 15 minutes.';
  throw new Problem('forbidden', { detail });
}

/** Throws `forbidden` where a caller who is no owner would take away how an owner signs in. */
export async function holdOwnersOf(tx: TenantTx, connection: string): Promise<void> {
  if (isOwner(tx.scope.principal)) return;
  const members = await tx.sql<{ user: string }[]>`
    select user_id as user from members
    where tenant_id = ${tx.tenantUuid} and role = 'owner' and user_id is not null`;
  const owners = await withinIssuer(
    tx,
    platform,
    ({ sql }) => sql`
      select from users
      where tenant_id = ${nilTenant} and id = any(${members.map(({ user }) => user)}) and connection = ${connection} limit 1`,
  );
  if (owners.length === 0) return;
  throw new Problem('forbidden', { detail: 'An owner signs in by this connection, so only an owner may end it.' });
}
