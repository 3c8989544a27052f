/** Authentication: from the text of a bearer credential to a principal. */
import { parseCredential, Problem, tenantOfCredentialId } from '@tulou/contract';
import type { Credential, Id, Role } from '@tulou/contract';
import { equalHashes, sha256 } from '../kernel/hash.ts';
import type { SystemTx } from '../store/store.ts';
import { lowerRole } from '../tenancy/access.ts';
import type { MemberPrincipal, Principal } from '../tenancy/principal.ts';
import { nilTenant } from '../tenancy/nil-tenant.ts';

/** A caller whose secret was right. */
export interface Caller {
  readonly principal: Principal;
  /** Names the credential: an Idempotency-Key counts apart for each. */
  readonly credential: string;
  /** A secret of the caller that the database never has: kept answers are sealed with it. */
  readonly secret: string;
}

/** A presented credential: one of ours, or a token of the platform's issuer. */
export type Presented = Credential | { readonly kind: 'access token'; readonly text: string };

/** The text after `Bearer`, or undefined. The scheme is case-insensitive (RFC 9110 §11.1). */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

/** The kind of credential that a text is to the control API; throws `unauthenticated` if it is none, without a query. */
export function controlCredential(text: string): Presented {
  const credential = parseCredential(text);
  if (credential?.kind === 'operator' || credential?.kind === 'member') return credential;
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text)) return { kind: 'access token', text };
  throw new Problem('unauthenticated');
}

/**
 * Finds the caller by the id in the credential and compares the secret's hash in constant time. Throws
 * `unauthenticated` for whatever is not a live credential of the control API, all alike, and `tenant_suspended` to who
 * holds a live credential of a suspended tenant.
 */
export function authenticate(tx: SystemTx, credential: Credential, now: number): Promise<Caller> {
  return credential.kind === 'operator'
    ? authenticatePlatform(tx, credential, now)
    : authenticateMember(tx, credential, now);
}

/** The same for a gateway's node token; its name. */
export async function authenticateNode(tx: SystemTx, text: string | undefined, now: number): Promise<string> {
  const credential = text === undefined ? undefined : parseCredential(text);
  if (credential?.kind !== 'node') throw new Problem('unauthenticated');
  return (await authenticatePlatform(tx, credential, now)).credential;
}

/** A token that a person made ends with that person's rights as an operator. */
async function authenticatePlatform(tx: SystemTx, credential: Credential, now: number): Promise<Caller> {
  const [row] = await tx.sql<{ secret_hash: string }[]>`
    select t.secret_hash from platform_tokens t
    where t.id = ${credential.id} and t.kind = ${credential.kind} and t.revoked_at is null
      and (t.expires_at is null or t.expires_at > ${new Date(now)})
      and (
        t.created_by is null or not starts_with(t.created_by, 'operator:usr_')
        or exists (
          select from operators o join users u on u.tenant_id = ${nilTenant} and u.id = o.user_id
          where 'operator:' || o.user_id = t.created_by and u.disabled_at is null))`;
  if (!sameSecret(credential, row?.secret_hash)) throw new Problem('unauthenticated');
  // The id's first 22 characters are the nil tenant's; the next few distinguish credentials.
  const principal = { kind: 'operator', id: credential.id.slice(22, 30) } as const;
  return { principal, credential: credential.id, secret: credential.secret };
}

interface TokenRow {
  readonly id: Id<'token'>;
  readonly member: Id<'member'>;
  readonly role: Role;
  readonly member_role: Role;
  readonly secret_hash: string;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly suspended_at: Date | null;
  /** The person behind the member is, or one behind a maker. */
  readonly disabled: boolean;
  readonly makers: readonly Id<'member'>[];
  /** Roles of those makers that are still members. */
  readonly maker_roles: readonly Role[];
}

async function authenticateMember(tx: SystemTx, credential: Credential, now: number): Promise<Caller> {
  const tenantUuid = tenantOfCredentialId(credential.id);
  const [row] = await tx.sql<TokenRow[]>`
    select t.id, t.member, t.role, m.role as member_role, t.secret_hash, t.expires_at, t.revoked_at, d.suspended_at,
      t.makers,
      array(select k.role from members k where k.tenant_id = t.tenant_id and k.id = any(t.makers)) as maker_roles,
      exists (
        select from users u join members k on k.user_id = u.id
        where u.tenant_id = ${nilTenant} and k.tenant_id = t.tenant_id and (k.id = m.id or k.id = any(t.makers))
          and u.disabled_at is not null) as disabled
    from tokens t
      join members m on m.tenant_id = t.tenant_id and m.id = t.member
      join tenants d on d.tenant_id = t.tenant_id
    where t.tenant_id = ${tenantUuid} and t.credential_id = ${credential.id}`;
  const right = sameSecret(credential, row?.secret_hash);
  if (!right || row === undefined || row.revoked_at !== null) throw new Problem('unauthenticated');
  if (row.disabled) throw new Problem('unauthenticated');
  if (row.expires_at !== null && row.expires_at.getTime() <= now) throw new Problem('unauthenticated');
  if (row.suspended_at !== null) throw new Problem('tenant_suspended');
  // A maker who was removed has no rights that the token could rest on.
  if (row.maker_roles.length < row.makers.length) throw new Problem('unauthenticated');
  const role = row.maker_roles.reduce(lowerRole, lowerRole(row.role, row.member_role));
  const { id: token, member, expires_at: expiresAt, makers } = row;
  const principal: MemberPrincipal = { kind: 'member', tenantUuid, member, token, role, expiresAt, makers };
  return { principal, credential: token, secret: credential.secret };
}

/** Compares also where there is nothing to compare with, so that an unknown id takes as long as a wrong secret. */
function sameSecret(credential: Credential, hash: string | undefined): boolean {
  return equalHashes(sha256(credential.secret), hash ?? sha256('no such credential')) && hash !== undefined;
}
