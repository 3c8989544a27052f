/** Which changes of a connection only an owner may make: those that decide who an owner is, or how owners sign in. */
import { Problem } from '@tulou/contract';
import type { Clock } from '../../../kernel/clock.ts';
import { crossTenants, type TenantTx } from '../../../store/store.ts';
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
  const owners = await crossTenants(
    tx,
    'users of a connection belong to the platform',
    ({ sql }) => sql`
      select from members m join users u on u.tenant_id = ${nilTenant} and u.id = m.user_id
      where m.tenant_id = ${tx.tenantUuid} and m.role = 'owner' and u.connection = ${connection} limit 1`,
  );
  if (owners.length === 0) return;
  throw new Problem('forbidden', { detail: 'An owner signs in by this connection, so only an owner may end it.' });
}
