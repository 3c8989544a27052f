/** Access tokens for the control API: what a person lets a program do for them there. */
import { createHmac } from 'node:crypto';
import { isId, type Id } from '@tulou/contract';
import type { Clock } from '../../kernel/clock.ts';
import type { SystemTx, TenantTx } from '../../store/store.ts';
import { platform, withinIssuer } from '../scopes.ts';
import { listKeys } from '../keys/rows.ts';
import type { Vault } from '../../kernel/seal.ts';
import { isDenied } from '../../snapshot/denials.ts';
import type { SignIn } from '../../tenancy/principal.ts';
import { acr } from './acr.ts';
import { readOwnToken, type OwnToken } from './own.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';

/** Their one scope: all that the person may do. The role in each tenant decides at each call what that is. */
export const controlScope = 'control';

/** The resource indicator (RFC 8707) of the control API, and the audience of its tokens. */
export const controlResource = (platformUrl: string): string => `${platformUrl}/api`;

/** The signed-in person, as the control API reads them. */
export interface ControlUser {
  readonly user: Id<'user'>;
  readonly grant: string;
  readonly secret: string;
  readonly signIn: SignIn | undefined;
}

export interface ControlTokenDeps {
  readonly clock: Clock;
  readonly vault: Vault;
}

/**
 * Reads such a token in the transaction of the call: keys, denials and the person are those of this moment, so that what is
 * revoked opens nothing from the next call on. A token that is bound to a key is refused: nothing here would hold it to that.
 */
export function openControlTokens(
  platformUrl: string,
  { clock, vault }: ControlTokenDeps,
): (tx: SystemTx, text: string) => Promise<ControlUser | undefined> {
  const sealing = vault.derive('kept answers');
  const read = async (tx: TenantTx, text: string): Promise<ControlUser | undefined> => {
    const keys = await listKeys(tx, nilTenant);
    const jwks = keys.map(({ publicJwk }) => publicJwk);
    const token = readOwnToken(text, platformUrl, jwks);
    if (token === undefined || !isForControl(token, platformUrl, clock.now())) return undefined;
    const { sub: user, gid: grant } = token;
    const denials = [`token:${token.jti}`, `grant:${grant}`, `user:${user}`];
    if (!isId('user', user) || (await isDenied(tx, denials, token.iat)) || !(await isThere(tx, user))) return undefined;
    const secret = createHmac('sha256', sealing).update(grant).digest('base64url');
    return { user, grant, secret, signIn: signInOf(token) };
  };
  return (tx, text) => withinIssuer(tx, platform, (own) => read(own, text));
}

function signInOf({ auth_time: at, acr: level }: OwnToken): SignIn | undefined {
  return typeof at === 'number' ? { at, twoFactors: level === acr.two } : undefined;
}

function isForControl(token: OwnToken, platformUrl: string, nowMs: number): boolean {
  const scopes = String(token['scope']).split(' ');
  const isBound = token['cnf'] !== undefined;
  return (
    token.aud === controlResource(platformUrl) && token.exp * 1000 > nowMs && scopes.includes(controlScope) && !isBound
  );
}

async function isThere({ sql }: TenantTx, user: string): Promise<boolean> {
  const rows = await sql`
    select from users where tenant_id = ${nilTenant} and id = ${user} and disabled_at is null`;
  return rows.length === 1;
}
