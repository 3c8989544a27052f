/** Tokens that are refused from now on although they verify: the gateways learn it with the commit. */
import { idFromUuid } from '@tulou/contract';
import type { SystemTx } from '../../store/store.ts';
import { nilTenant, type Publish } from '../publish.ts';

/** Access tokens live this long, in seconds (RFC 9068; research: third-party tokens of five minutes). */
export const accessTokenSeconds = 300;
/** Clocks of nodes may differ by this much. */
const skewSeconds = 60;

/** One access token, by its `jti`. */
export function denyToken(tx: SystemTx, publish: Publish, jti: string, expSeconds: number): void {
  deny(tx, publish, `token:${jti}`, expSeconds + skewSeconds);
}

/** All access tokens of a grant, by its `gid`; also those that a request still under way is about to issue. */
export function denyGrant(tx: SystemTx, publish: Publish, gid: string, nowMs: number): void {
  deny(tx, publish, `grant:${gid}`, Math.ceil(nowMs / 1000) + accessTokenSeconds + skewSeconds);
}

/** All access tokens that a person has until now. */
export function denyUser(tx: SystemTx, publish: Publish, user: string, nowMs: number): void {
  const now = Math.floor(nowMs / 1000);
  deny(tx, publish, `user:${user}`, now + accessTokenSeconds + skewSeconds, now + 1);
}

function deny(tx: SystemTx, publish: Publish, key: string, until: number, before = until): void {
  publish(tx, { kind: 'denial', key, tenant: idFromUuid('tenant', nilTenant), before, until });
}

/** Whether a denial of any of these keys stands against a token that was issued then (Unix seconds). */
export async function isDenied({ sql }: SystemTx, keys: readonly string[], issuedAt: number): Promise<boolean> {
  const rows = await sql`
    select from snapshot_objects
    where kind = 'denial' and key = any(${[...keys]}) and (object ->> 'before')::bigint > ${issuedAt}`;
  return rows.length > 0;
}
