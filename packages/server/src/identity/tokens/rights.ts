/**
 * The rights that a token for a tenant may have: those that the app declares, the tenant has granted, and the member's role
 * allows.
 */
import { idFromUuid, isId, uuidFromId } from '@tulou/contract';
import { findMembership } from '../../store/membership.ts';
import { withinTenant, type SystemTx, type TenantTx } from '../../store/store.ts';
import { fromIdentity } from '../../tenancy/doors.ts';
import { readClient } from '../clients/find.ts';
import type { IssuerRef } from '../keys/keys.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';

export interface Rights {
  /** `urn:tulou:tenant:ten_…`, the token's audience. */
  readonly audience: string;
  /** The installation's id. */
  readonly installation: string;
  /** A member tries the app: it acts for people, never by itself. */
  readonly trial: boolean;
  /** Full scope names, sorted. */
  readonly scopes: readonly string[];
}

const prefix = 'urn:tulou:tenant:';

/**
 * The rights that this client may get for the tenant that the resource indicator (RFC 8707) names by id or slug. Undefined:
 * none, because there is no such tenant, the app is not installed there, or the person is no member of it. Those look the
 * same.
 *
 * At a tenant's own issuer it is for that tenant's own apps and APIs only. Its people have no role there; they get the scopes
 * of low risk.
 */
export async function readRights(
  tx: SystemTx,
  issuer: IssuerRef,
  clientId: string,
  resource: string,
  userId: string | undefined,
): Promise<Rights | undefined> {
  const tenant = await findTenant(tx, resource);
  const client = await readClient(tx, clientId);
  if (tenant === undefined || client === undefined) return undefined;
  const { tenantUuid } = tenant;
  const scope = fromIdentity('resource', tenantUuid);
  const installation = await withinTenant(tx, scope, (own) => findInstallation(own, client.appId));
  if (installation === undefined) return undefined;
  const { id, trial } = installation;
  const declared = new Set(client.appScopes);
  const granted = installation.scopes.filter((scope) => declared.has(scope));
  const audience = prefix + idFromUuid('tenant', tenantUuid);
  const rights = (scopes: readonly string[]): Rights => ({
    audience,
    installation: id,
    trial,
    scopes: scopes.toSorted(),
  });
  if (issuer.tenantUuid !== nilTenant) {
    if (trial || issuer.tenantUuid !== tenantUuid || client.tenantUuid !== tenantUuid) return undefined;
    const own = granted.filter((scope) => scope.startsWith(`${tenant.slug}/`));
    return rights(userId === undefined ? own : await ofLowRisk(tx, own));
  }
  if (userId === undefined) return rights(granted);
  const role = (await findMembership(tx, tenantUuid, userId))?.role;
  if (role === undefined) return undefined;
  if (trial) return rights(await ofLowRisk(tx, granted));
  if (role === 'admin' || role === 'owner') return rights(granted);
  return rights(await readUsable(tx, { tenantUuid, appId: client.appId, scopes: granted }, userId));
}

interface Granted {
  readonly tenantUuid: string;
  readonly appId: string;
  readonly scopes: readonly string[];
}

/** The granted scopes of an app that a member who is not an admin may use: those of low risk, or allowed by an admin. */
export async function readUsable(
  tx: SystemTx,
  { tenantUuid, appId, scopes }: Granted,
  userId: string,
): Promise<readonly string[]> {
  const low = await ofLowRisk(tx, scopes);
  const scope = fromIdentity('resource', tenantUuid);
  const allowed = await withinTenant(tx, scope, (own) => ofApprovals(own, appId, userId));
  return scopes.filter((scope) => low.includes(scope) || allowed.includes(scope));
}

async function findTenant(
  { sql }: SystemTx,
  resource: string,
): Promise<{ tenantUuid: string; slug: string } | undefined> {
  if (!resource.startsWith(prefix) || resource.includes('\0')) return undefined;
  const name = resource.slice(prefix.length);
  const by = isId('tenant', name) ? sql`tenant_id = ${uuidFromId('tenant', name) ?? null}` : sql`slug = ${name}`;
  const [row] = await sql<{ tenantUuid: string; slug: string }[]>`
    select tenant_id as "tenantUuid", slug from tenants where ${by} and suspended_at is null and delete_at is null`;
  return row;
}

async function findInstallation(
  { sql, tenantUuid }: TenantTx,
  appId: string,
): Promise<{ id: string; scopes: string[]; trial: boolean } | undefined> {
  const [row] = await sql<{ id: string; scopes: string[]; trial: boolean }[]>`
    select id, scopes, trial from installations where tenant_id = ${tenantUuid} and app_id = ${appId} and state = 'active'`;
  return row;
}

/** Those that their providers declare of low risk; a scope that no provider defines (or no longer defines) is not. */
async function ofLowRisk({ sql }: SystemTx, scopes: readonly string[]): Promise<readonly string[]> {
  const providers = [...new Set(scopes.map((scope) => scope.slice(0, scope.indexOf('/'))))];
  const tenants = await sql<{ tenantUuid: string; slug: string }[]>`
    select tenant_id as "tenantUuid", slug from tenants where slug = any(${providers})`;
  const low = await sql<{ tenantUuid: string; scope: string }[]>`
    select s.tenant_id as "tenantUuid", a.slug || ':' || s.name as scope
    from scopes s join apis a on a.tenant_id = s.tenant_id and a.id = s.api_id
    where s.tenant_id = any(${tenants.map(({ tenantUuid }) => tenantUuid)}) and s.risk = 'low' and s.deleted_at is null`;
  const slugs = new Map(tenants.map(({ tenantUuid, slug }) => [tenantUuid, slug]));
  const allowed = new Set(low.map(({ tenantUuid, scope }) => `${slugs.get(tenantUuid) ?? ''}/${scope}`));
  return scopes.filter((scope) => allowed.has(scope));
}

/** The scopes that an admin has allowed this member in the app, beyond their role. */
async function ofApprovals({ sql, tenantUuid }: TenantTx, appId: string, userId: string): Promise<readonly string[]> {
  const rows = await sql<{ scopes: readonly string[] }[]>`
    select a.scopes from approvals a join members m on m.tenant_id = a.tenant_id and m.id = a.member
    where a.tenant_id = ${tenantUuid} and a.app_id = ${appId} and m.user_id = ${userId} and a.state = 'approved'`;
  return rows.flatMap(({ scopes }) => scopes);
}
