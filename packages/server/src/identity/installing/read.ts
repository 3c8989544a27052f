/** What the pages of installed apps read: always of a tenant that the person was found to be a member of. */
import { uuidFromId, type Id, type Role } from '@tulou/contract';
import type { SystemTx } from '../../store/store.ts';

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
export async function readApp({ sql }: SystemTx, tenantUuid: string, address: string): Promise<App | undefined> {
  const [tenant = '', app = ''] = address.split('/');
  const uuid = uuidFromId('tenant', tenant);
  const [row] = await sql<App[]>`
    select a.id, t.slug || '/' || a.slug as address, a.name, t.name as developer, a.state, a.scopes as required,
      a.optional_scopes as optional
    from tenants t join apps a on a.tenant_id = t.tenant_id
    where ${uuid === undefined ? sql`t.slug = ${tenant}` : sql`t.tenant_id = ${uuid}`}
      and (a.id = ${app} or a.slug = ${app})
      and (a.tenant_id = ${tenantUuid}
        or (a.visibility = 'public' and t.suspended_at is null and t.delete_at is null)
        or exists (select from installations i
          where i.tenant_id = ${tenantUuid} and i.app_id = a.id and i.developer = a.tenant_id and i.state <> 'revoked'))`;
  return row;
}

export interface Held {
  readonly id: Id<'installation'>;
  readonly scopes: readonly string[];
  readonly state: 'active' | 'paused';
  readonly trial: boolean;
}

/** The tenant's installation of an app; undefined: it has none. */
export async function readHeld({ sql }: SystemTx, tenantUuid: string, appId: string): Promise<Held | undefined> {
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

/** What members of the tenant ask for, the oldest first. `appId`: in one app. */
export function readApprovals({ sql }: SystemTx, tenantUuid: string, appId?: string): Promise<readonly Approval[]> {
  return sql<Approval[]>`
    select a.id, m.email as member, a.app, a.app_name as "appName", a.scopes
    from approvals a join members m on m.tenant_id = a.tenant_id and m.id = a.member
    where a.tenant_id = ${tenantUuid} and a.state = 'open' ${appId === undefined ? sql`` : sql`and a.app_id = ${appId}`}
    order by a.id limit 50`;
}
