/** What a token for a tenant may say: what the app declares, the tenant has granted, and the member's role allows. */
import { idFromUuid, isId, uuidFromId } from '@tulou/contract';
import type { SystemTx } from '../../store/store.ts';
import { readClient } from '../clients/find.ts';

export interface Rights {
  /** `urn:tulou:tenant:ten_…`, the token's audience. */
  readonly audience: string;
  /** The installation's id. */
  readonly installation: string;
  /** Full scope names, sorted. */
  readonly scopes: readonly string[];
}

const prefix = 'urn:tulou:tenant:';

/**
 * What this client may be given for the tenant that the resource indicator (RFC 8707) names by id or slug. Undefined: nothing,
 * as there is no such tenant, the app is not installed there, or the person is no member of it. Those look the same.
 */
export async function readRights(
  tx: SystemTx,
  clientId: string,
  resource: string,
  userId: string | undefined,
): Promise<Rights | undefined> {
  const tenantUuid = await findTenant(tx, resource);
  const client = await readClient(tx, clientId);
  if (tenantUuid === undefined || client === undefined) return undefined;
  const installation = await findInstallation(tx, tenantUuid, client.appId);
  if (installation === undefined) return undefined;
  const declared = new Set(client.appScopes);
  const granted = installation.scopes.filter((scope) => declared.has(scope));
  const audience = prefix + idFromUuid('tenant', tenantUuid);
  if (userId === undefined) return { audience, installation: installation.id, scopes: granted.toSorted() };
  const role = await findRole(tx, tenantUuid, userId);
  if (role === undefined) return undefined;
  const scopes = role === 'admin' || role === 'owner' ? granted : await ofLowRisk(tx, granted);
  return { audience, installation: installation.id, scopes: scopes.toSorted() };
}

async function findTenant({ sql }: SystemTx, resource: string): Promise<string | undefined> {
  if (!resource.startsWith(prefix)) return undefined;
  const name = resource.slice(prefix.length);
  const by = isId('tenant', name) ? sql`tenant_id = ${uuidFromId('tenant', name) ?? null}` : sql`slug = ${name}`;
  const [row] = await sql<{ tenantUuid: string }[]>`
    select tenant_id as "tenantUuid" from tenants where ${by} and suspended_at is null and delete_at is null`;
  return row?.tenantUuid;
}

async function findInstallation(
  { sql }: SystemTx,
  tenantUuid: string,
  appId: string,
): Promise<{ id: string; scopes: string[] } | undefined> {
  const [row] = await sql<{ id: string; scopes: string[] }[]>`
    select id, scopes from installations where tenant_id = ${tenantUuid} and app_id = ${appId} and state = 'active'`;
  return row;
}

async function findRole({ sql }: SystemTx, tenantUuid: string, userId: string): Promise<string | undefined> {
  const [row] = await sql<{ role: string }[]>`
    select role from members where tenant_id = ${tenantUuid} and user_id = ${userId}`;
  return row?.role;
}

/** Those that their providers call of low risk; what no provider defines (any more) is none. */
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
