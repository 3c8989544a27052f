/** The queries of the pages of installed apps: always of a tenant of which the person was found to be a member. */
import { uuidFromId, type Id, type Role } from '@tulou/contract';
import { withinTenant, type SystemTx, type TenantTx } from '../../store/store.ts';
import { fromIdentity } from '../../tenancy/doors.ts';
import type { TenantScope } from '../../tenancy/scope.ts';

export interface Membership {
  readonly tenantUuid: string;
  readonly slug: string;
  readonly name: string;
  readonly role: Role;
  readonly mayTry: boolean;
}

/** Tenants that the person is a member of and that are in use, by name. */
export function readMemberships({ sql }: SystemTx, user: string): Promise<readonly Membership[]> {
  return sql<Membership[]>`
    select t.tenant_id as "tenantUuid", t.slug, t.name, m.role, t.members_may_try as "mayTry"
    from members m join tenants t on t.tenant_id = m.tenant_id
    where m.user_id = ${user} and t.suspended_at is null and t.delete_at is null
    order by t.name, t.slug limit 200`;
}

export interface App {
  readonly id: Id<'app'>;
  /** `<tenant>/<app>` */
  readonly address: string;
  readonly name: string;
  readonly developer: string;
  readonly state: 'active' | 'suspended' | 'blocked';
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/**
 * The app at `<tenant>/<app>`, slugs or ids, as a tenant may see it: its own, a public one, or one that it has installed.
 * Undefined for everything else, alike.
 */
export async function readApp(tx: SystemTx, scope: TenantScope, address: string): Promise<App | undefined> {
  const [tenant = '', app = ''] = address.split('/');
  const uuid = uuidFromId('tenant', tenant);
  const [developer] = await tx.sql<{ uuid: string }[]>`
    select tenant_id as uuid from tenants where ${uuid === undefined ? tx.sql`slug = ${tenant}` : tx.sql`tenant_id = ${uuid}`}`;
  if (developer === undefined) return undefined;
  const found = await withinTenant(tx, fromIdentity('app', developer.uuid), (own) => readShown(own, app));
  if (found === undefined) return undefined;
  const { isPublic, ...shown } = found;
  if (isPublic || developer.uuid === scope.tenantUuid) return shown;
  const isInstalled = await withinTenant(tx, scope, (own) => hasInstalled(own, developer.uuid, shown.id));
  return isInstalled ? shown : undefined;
}

async function readShown(
  { sql, tenantUuid }: TenantTx,
  app: string,
): Promise<(App & { readonly isPublic: boolean }) | undefined> {
  const [row] = await sql<(App & { readonly isPublic: boolean })[]>`
    select a.id, t.slug || '/' || a.slug as address, a.name, t.name as developer, a.state, a.scopes as required,
      a.optional_scopes as optional,
      a.visibility = 'public' and t.suspended_at is null and t.delete_at is null as "isPublic"
    from tenants t join apps a on a.tenant_id = t.tenant_id
    where t.tenant_id = ${tenantUuid} and (a.id = ${app} or a.slug = ${app})`;
  return row;
}

async function hasInstalled({ sql, tenantUuid }: TenantTx, developer: string, appId: string): Promise<boolean> {
  const rows = await sql`
    select from installations
    where tenant_id = ${tenantUuid} and app_id = ${appId} and developer = ${developer} and state <> 'revoked'`;
  return rows.length > 0;
}

export interface Held {
  readonly id: Id<'installation'>;
  readonly scopes: readonly string[];
  readonly state: 'active' | 'paused';
  readonly trial: boolean;
}

/** The tenant's installation of an app; undefined: it has none. */
export async function readHeld({ sql, tenantUuid }: TenantTx, appId: string): Promise<Held | undefined> {
  const [row] = await sql<Held[]>`
    select id, scopes, state, trial from installations
    where tenant_id = ${tenantUuid} and app_id = ${appId} and state <> 'revoked'`;
  return row;
}

export interface Approval {
  readonly id: Id<'approval'>;
  /** E-mail address of who asks. */
  readonly member: string;
  readonly app: string;
  readonly appName: string;
  readonly scopes: readonly string[];
}

/** The approvals that members of the tenant ask for, the oldest first. `appId`: in one app. */
export function readApprovals({ sql, tenantUuid }: TenantTx, appId?: string): Promise<readonly Approval[]> {
  return sql<Approval[]>`
    select a.id, m.email as member, a.app, a.app_name as "appName", a.scopes
    from approvals a join members m on m.tenant_id = a.tenant_id and m.id = a.member
    where a.tenant_id = ${tenantUuid} and a.state = 'open' ${appId === undefined ? sql`` : sql`and a.app_id = ${appId}`}
    order by a.id limit 50`;
}
