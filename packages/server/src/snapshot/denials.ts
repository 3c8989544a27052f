/** Access tokens that are refused from now on although they verify: gateways learn it with the commit. */
import { idFromUuid, limits } from '@tulou/contract';
import { crossTenants, type SystemTx, type TenantTx } from '../store/store.ts';
import { nilTenant } from '../tenancy/nil-tenant.ts';
import { present, publishAcross, type Change } from './publish.ts';

/** Clocks of nodes may differ by this much. */
const skewSeconds = 60;

/** Denies one access token, by its `jti`. */
export function denyToken(tx: TenantTx | SystemTx, jti: string, expSeconds: number): void {
  publishAcross(tx, [denial(`token:${jti}`, expSeconds + skewSeconds)]);
}

/** Denies all access tokens of a grant, by its `gid`; also those that a request still under way is about to issue. */
export function denyGrant(tx: TenantTx | SystemTx, gid: string, nowMs: number): void {
  publishAcross(tx, [denial(`grant:${gid}`, Math.ceil(nowMs / 1000) + limits.accessTokenSecondsMax + skewSeconds)]);
}

/**
 * Denies all access tokens that these users hold until now, for every tenant. Their next tokens are made from the roles of
 * that moment. Ids of users are never given twice, at whatever issuer.
 */
export function denyUsers(tx: TenantTx | SystemTx, users: readonly string[], nowMs: number): void {
  const now = Math.floor(nowMs / 1000);
  const until = now + limits.accessTokenSecondsMax + skewSeconds;
  publishAcross(
    tx,
    users.map((user) => denial(`user:${user}`, until, now + 1)),
  );
}

/** The same for a member's user, inside the transaction of a tenant. */
export function denyUserOf(tx: TenantTx, user: string, nowMs: number): Promise<void> {
  return crossTenants(tx, 'users belong to the platform', async (crossing) => denyUsers(crossing, [user], nowMs));
}

function denial(key: string, until: number, before = until): Change {
  return present({ kind: 'denial', key, tenant: idFromUuid('tenant', nilTenant), before, until });
}

/**
 * Whether a denial of any of these keys stands against a token that was issued then (Unix seconds). Denials are rows of the
 * nil tenant, so the transaction is the platform's or that of the nil tenant.
 */
export async function isDenied(
  { sql }: TenantTx | SystemTx,
  keys: readonly string[],
  issuedAt: number,
): Promise<boolean> {
  const rows = await sql`
    select from snapshot_objects
    where kind = 'denial' and key = any(${[...keys]}) and (object ->> 'before')::bigint > ${issuedAt}`;
  return rows.length > 0;
}
