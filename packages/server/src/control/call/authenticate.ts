/** Who calls: from the text of a bearer credential to a principal. */
import { parseCredential, Problem, tenantOfCredentialId } from '@tulou/contract';
import type { Credential, Id, Operation, Role } from '@tulou/contract';
import { equalHashes, sha256 } from '../../kernel/hash.ts';
import { findMembership } from '../../store/membership.ts';
import type { SystemTx } from '../../store/store.ts';
import { lowerRole } from '../../tenancy/access.ts';
import type { MemberPrincipal, Principal } from '../../tenancy/principal.ts';
import type { DirectoryEntry } from './directory.ts';
import { nilTenantUuid } from './idempotency.ts';

/** A caller whose secret was right. */
export interface Caller {
  readonly principal: Principal;
  /** Names the credential: an Idempotency-Key counts apart for each. */
  readonly credential: string;
  /** A secret of the caller that the database never has: kept answers are sealed with it. */
  readonly secret: string;
}

/** A person, by an access token that they let a program have for the control API. */
export interface SignedIn {
  readonly user: Id<'user'>;
  /** Names their agreement, which outlives its access tokens. */
  readonly grant: string;
  /** The same for all tokens of the agreement, and in no table. */
  readonly secret: string;
}

/** Reads an access token for the control API; undefined for whatever is none that is good now. */
export type FindSignedIn = (tx: SystemTx, text: string) => Promise<SignedIn | undefined>;

/** What is presented: a credential of ours, or a token of the platform's issuer. */
export type Presented = Credential | { readonly kind: 'access token'; readonly text: string };

/** The text after `Bearer`, or undefined. The scheme is case-insensitive (RFC 9110 §11.1). */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^bearer +(\S+) *$/i.exec(authorization ?? '')?.[1];
}

/** What a text is to the control API; throws `unauthenticated` where it is nothing, without asking anyone. */
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
    ? authenticatePlatform(tx, credential)
    : authenticateMember(tx, credential, now);
}

/** The same for a gateway's node token; its name. */
export async function authenticateNode(tx: SystemTx, text: string | undefined): Promise<string> {
  const credential = text === undefined ? undefined : parseCredential(text);
  if (credential?.kind !== 'node') throw new Problem('unauthenticated');
  return (await authenticatePlatform(tx, credential)).credential;
}

async function authenticatePlatform(tx: SystemTx, credential: Credential): Promise<Caller> {
  const [row] = await tx.sql<{ secret_hash: string }[]>`
    select secret_hash from platform_tokens
    where id = ${credential.id} and kind = ${credential.kind} and revoked_at is null`;
  if (!sameSecret(credential, row?.secret_hash)) throw new Problem('unauthenticated');
  // The id's first 22 characters are the nil tenant's; the next few tell credentials apart.
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
  /** The person behind the member is. */
  readonly disabled: boolean;
}

async function authenticateMember(tx: SystemTx, credential: Credential, now: number): Promise<Caller> {
  const tenantUuid = tenantOfCredentialId(credential.id);
  const [row] = await tx.sql<TokenRow[]>`
    select t.id, t.member, t.role, m.role as member_role, t.secret_hash, t.expires_at, t.revoked_at, d.suspended_at,
      exists (
        select from users u
        where u.tenant_id = ${nilTenantUuid} and u.id = m.user_id and u.disabled_at is not null) as disabled
    from tokens t
      join members m on m.tenant_id = t.tenant_id and m.id = t.member
      join tenants d on d.tenant_id = t.tenant_id
    where t.tenant_id = ${tenantUuid} and t.credential_id = ${credential.id}`;
  const right = sameSecret(credential, row?.secret_hash);
  if (!right || row === undefined || row.revoked_at !== null) throw new Problem('unauthenticated');
  if (row.disabled) throw new Problem('unauthenticated');
  if (row.expires_at !== null && row.expires_at.getTime() <= now) throw new Problem('unauthenticated');
  if (row.suspended_at !== null) throw new Problem('tenant_suspended');
  const role = lowerRole(row.role, row.member_role);
  const { id: token, member, expires_at: expiresAt } = row;
  const principal: MemberPrincipal = { kind: 'member', tenantUuid, member, token, role, expiresAt };
  return { principal, credential: token, secret: credential.secret };
}

/**
 * The same for a person. In a tenant they are its member, with the role of this moment, or nobody: then the door answers as
 * for a tenant that never was. Throws `unauthenticated` for a token that is not good, and `tenant_suspended` to members.
 */
export async function authenticatePerson(
  tx: SystemTx,
  text: string,
  tenant: DirectoryEntry | undefined,
  findSignedIn: FindSignedIn | undefined,
): Promise<Caller> {
  const person = await findSignedIn?.(tx, text);
  if (person === undefined) throw new Problem('unauthenticated');
  const { user, grant, secret } = person;
  const membership = tenant === undefined ? undefined : await findMembership(tx, tenant.tenantUuid, user);
  if (tenant === undefined || membership === undefined)
    return { principal: { kind: 'person', id: user }, credential: grant, secret };
  const { tenantUuid } = tenant;
  if (await isSuspended(tx, tenantUuid)) throw new Problem('tenant_suspended');
  const principal: MemberPrincipal = { kind: 'member', tenantUuid, ...membership, token: null, expiresAt: null };
  return { principal, credential: grant, secret };
}

/**
 * The same for a person who is an operator: where only an operator may, and in tenants in which they are nobody else. Undefined:
 * they are none, or act as what else they are.
 */
export async function authenticateOperator(
  tx: SystemTx,
  text: string,
  operation: Operation,
  tenant: DirectoryEntry | undefined,
  findSignedIn: FindSignedIn | undefined,
): Promise<Caller | undefined> {
  const person = await findSignedIn?.(tx, text);
  if (person === undefined || (operation.access !== 'operator' && tenant === undefined)) return undefined;
  const { user, grant, secret } = person;
  const rows = await tx.sql`select from operators where user_id = ${user}`;
  if (rows.length === 0) return undefined;
  const isMember = tenant !== undefined && (await findMembership(tx, tenant.tenantUuid, user)) !== undefined;
  if (isMember && operation.access !== 'operator') return undefined;
  return { principal: { kind: 'operator', id: user }, credential: grant, secret };
}

async function isSuspended({ sql }: SystemTx, tenantUuid: string): Promise<boolean> {
  const rows = await sql`select from tenants where tenant_id = ${tenantUuid} and suspended_at is not null`;
  return rows.length === 1;
}

/** Compares also where there is nothing to compare with, so that an unknown id takes as long as a wrong secret. */
function sameSecret(credential: Credential, hash: string | undefined): boolean {
  return equalHashes(sha256(credential.secret), hash ?? sha256('no such credential')) && hash !== undefined;
}
