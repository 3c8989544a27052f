/** Authentication of people: from a signed-in person to the principal that they are for one call. */
import type { Id, Operation } from '@tulou/contract';
import { Problem } from '@tulou/contract';
import { findMembership } from '../store/membership.ts';
import type { SystemTx } from '../store/store.ts';
import type { SignIn } from '../tenancy/principal.ts';
import type { Caller } from './authenticate.ts';
import type { DirectoryEntry } from './directory.ts';

/** A person, by an access token that they let a program have for the control API. */
export interface SignedIn {
  readonly user: Id<'user'>;
  /** Names their agreement, which outlives its access tokens. */
  readonly grant: string;
  /** The same for all tokens of the agreement, and in no table. */
  readonly secret: string;
  /** When and how surely they have shown who they are; undefined where that is not known. */
  readonly signIn?: SignIn | undefined;
}

/** Reads an access token for the control API; undefined for whatever is none that is good now. */
export type FindSignedIn = (tx: SystemTx, text: string) => Promise<SignedIn | undefined>;

/** As an operator if the operation requires one, or if they are no member of the tenant; else as themselves. */
export async function callerOf(
  tx: SystemTx,
  person: SignedIn,
  operation: Operation,
  tenant: DirectoryEntry | undefined,
): Promise<Caller> {
  const { user, grant: credential, secret } = person;
  const operator: Caller = { principal: { kind: 'operator', id: user }, credential, secret };
  if (operation.access === 'operator' && (await isOperator(tx, user))) return operator;
  const own = await ownCallerOf(tx, person, tenant);
  const isNobody = tenant !== undefined && own.principal.kind === 'person';
  return isNobody && (await isOperator(tx, user)) ? operator : own;
}

/**
 * In a tenant they are its member, with their present role, or no principal: then the answer is as for a tenant that never
 * existed. Throws `tenant_suspended` to members.
 */
export async function ownCallerOf(
  tx: SystemTx,
  { user, grant: credential, secret, signIn }: SignedIn,
  tenant: DirectoryEntry | undefined,
): Promise<Caller> {
  const membership = tenant === undefined ? undefined : await findMembership(tx, tenant.tenantUuid, user);
  if (tenant === undefined || membership === undefined)
    return { principal: { kind: 'person', id: user }, credential, secret };
  const { tenantUuid } = tenant;
  if (await isSuspended(tx, tenantUuid)) throw new Problem('tenant_suspended');
  const own = { token: null, expiresAt: null, makers: [], signIn } as const;
  return { principal: { kind: 'member', tenantUuid, ...membership, ...own }, credential, secret };
}

async function isOperator({ sql }: SystemTx, user: string): Promise<boolean> {
  const rows = await sql`select from operators where user_id = ${user}`;
  return rows.length === 1;
}

async function isSuspended({ sql }: SystemTx, tenantUuid: string): Promise<boolean> {
  const rows = await sql`select from tenants where tenant_id = ${tenantUuid} and suspended_at is not null`;
  return rows.length === 1;
}
