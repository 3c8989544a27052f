/**
 * The only place that writes the two rows of an installation, in one commit: `installations` of the tenant that grants, and
 * `installed` of the developer of the app. Locks are always taken in one order: the app of the developer, then the rows.
 */
import { idFromUuid, Problem, uuidFromId } from '@tulou/contract';
import type { EventType } from '@tulou/contract/operations/events';
import type { Fragment } from '../../store/pool.ts';
import { crossTenants, type SystemTx, type TenantTx } from '../../store/store.ts';
import type { Declared } from '../declared.ts';
import { emit, type EmitDeps } from '../../operations/emit.ts';
import { installationChange, type InstallationFacts } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import { viewInstalled, type InstalledRow } from './installed.ts';
import type { InstallationState, MoveName } from './state.ts';

/** The columns of an app that an installation needs. This tenant may install the app. */
export interface InstallableApp extends Declared {
  /** UUID of its tenant. */
  readonly developer: string;
  readonly developer_slug: string;
  readonly id: string;
  readonly slug: string;
  readonly name: string;
  readonly state: 'active' | 'suspended' | 'blocked';
}

/**
 * Reads the app at `<tenant>/<app>` (slugs or ids) and locks it until the end of the transaction. The app is of this tenant,
 * or public and of an active tenant, or installed already. Throws the same `not_found` for every other address.
 */
export function holdApp(tx: TenantTx, address: string): Promise<InstallableApp> {
  const [tenant = '', app = ''] = address.split('/');
  const uuid = uuidFromId('tenant', tenant);
  return crossTenants(tx, 'public apps are there for every tenant to install', async ({ sql }) => {
    const [row] = await sql<InstallableApp[]>`
      select a.tenant_id as developer, t.slug as developer_slug, a.id, a.slug, a.name, a.state, a.scopes, a.optional_scopes
      from tenants t join apps a on a.tenant_id = t.tenant_id
      where ${uuid === undefined ? sql`t.slug = ${tenant}` : sql`t.tenant_id = ${uuid}`}
        and (a.id = ${app} or a.slug = ${app})
        and (a.tenant_id = ${tx.tenantUuid}
          or (a.visibility = 'public' and t.suspended_at is null and t.delete_at is null and t.purged_at is null)
          or exists (select from installations i
            where i.tenant_id = ${tx.tenantUuid} and i.app_id = a.id and i.developer = a.tenant_id and i.state <> 'revoked'))
      for share of a`;
    if (row === undefined) throw new Problem('not_found');
    return row;
  });
}

/** The app of an existing installation. It need not be visible to the tenant now: the tenant saw it when it installed it. */
export function declaredBy(tx: TenantTx, developer: string, appId: string): Promise<Declared> {
  return crossTenants(tx, 'an installation grants what its app declares', async ({ sql }) => {
    const [row] = await sql<Declared[]>`
      select scopes, optional_scopes from apps where tenant_id = ${developer} and id = ${appId} for share`;
    if (row === undefined) throw new Problem('not_found');
    return row;
  });
}

export interface Opening {
  readonly id: string;
  readonly installerSlug: string;
  readonly grantedBy: string;
  readonly scopes: readonly string[];
  readonly trial: boolean;
}

/** Writes a new installation of a locked app. Throws `conflict` if the tenant has installed it already. */
export function openPair(tx: TenantTx, app: InstallableApp, opening: Opening, deps: EmitDeps): Promise<void> {
  return crossTenants(tx, 'an installation is a row of the tenant and one of the developer', async (crossing) => {
    const { sql } = crossing;
    const { id, scopes, trial } = opening;
    const now = new Date(deps.clock.now());
    const written = await sql`
      insert into installations (tenant_id, id, developer, developer_slug, app_id, app_slug, app_name, scopes, state,
                                 trial, granted_by, created_at, updated_at)
      values (${tx.tenantUuid}, ${id}, ${app.developer}, ${app.developer_slug}, ${app.id}, ${app.slug}, ${app.name},
              ${[...scopes]}::text[], 'active', ${trial}, ${opening.grantedBy}, ${now}, ${now})
      on conflict do nothing`;
    if (written.count === 0) throw new Problem('conflict', { detail: 'The app is installed already.' });
    const [theirs] = await sql<InstalledRow[]>`
      insert into installed (tenant_id, id, app_id, app_slug, installer, installer_slug, scopes, state, trial, created_at,
                             updated_at)
      values (${app.developer}, ${id}, ${app.id}, ${app.slug}, ${tx.tenantUuid}, ${opening.installerSlug},
              ${[...scopes]}::text[], 'active', ${trial}, ${now}, ${now})
      returning *`;
    await tellDeveloper(crossing, app.developer, 'installation.created', theirs, deps);
    tell(crossing, tx.tenantUuid, { id, app_id: app.id, scopes, state: 'active' });
  });
}

/** UUIDs of both tenants: the tenant of the installation and the developer of the app. */
export interface Pair {
  readonly id: string;
  readonly installer: string;
  readonly developer: string;
}

/** Locks both rows until the end of the transaction, so that later reads of them stay valid. */
export function lockPair(tx: TenantTx, { id, installer, developer }: Pair): Promise<void> {
  return crossTenants(tx, 'both rows of an installation change together', async ({ sql }) => {
    await sql`select from installed where tenant_id = ${developer} and id = ${id} for update`;
    await sql`select from installations where tenant_id = ${installer} and id = ${id} for update`;
  });
}

const eventOf = {
  pause: 'installation.paused',
  resume: 'installation.resumed',
  revoke: 'installation.revoked',
} as const satisfies Record<MoveName, EventType>;

/** Moves a locked installation to another state. Revocation ends the approvals of its members too. */
export function writeState(
  tx: TenantTx,
  pair: Pair,
  move: MoveName,
  state: InstallationState,
  deps: EmitDeps,
): Promise<void> {
  return crossTenants(tx, 'both rows of an installation change together', async (crossing) => {
    const { sql } = crossing;
    await write(crossing, pair, sql`state = ${state}`, eventOf[move], deps);
    if (state !== 'revoked') return;
    await sql`
      delete from approvals a using installations i
      where i.tenant_id = ${pair.installer} and i.id = ${pair.id} and a.tenant_id = i.tenant_id and a.app_id = i.app_id
        and a.state = 'approved'`;
  });
}

/** Grants a locked installation other scopes. It is no longer a trial afterwards. */
export function writeScopes(tx: TenantTx, pair: Pair, scopes: readonly string[], deps: EmitDeps): Promise<void> {
  return crossTenants(tx, 'both rows of an installation change together', (crossing) =>
    write(crossing, pair, crossing.sql`scopes = ${[...scopes]}::text[], trial = false`, 'installation.changed', deps),
  );
}

/** Revokes all installations of a locked app of this tenant, before the app is deleted. */
export function revokeAll(tx: TenantTx, appId: string, now: Date): Promise<void> {
  return crossTenants(tx, 'the installations of a deleted app end in every tenant', async (crossing) => {
    const { sql } = crossing;
    const revoked = await sql<(InstallationFacts & { installer: string })[]>`
      with ended as (
        update installed set state = 'revoked', updated_at = ${now}
        where tenant_id = ${tx.tenantUuid} and app_id = ${appId} and state <> 'revoked' returning id, installer
      )
      update installations i set state = 'revoked', updated_at = ${now} from ended
      where i.tenant_id = ended.installer and i.id = ended.id
      returning i.tenant_id as installer, i.id, i.app_id, i.scopes, i.state`;
    for (const { installer, ...facts } of revoked) tell(crossing, installer, facts);
  });
}

/**
 * Revokes all installations of the tenant's apps, and all installations in the tenant, before it is purged. Developers of other
 * tenants receive an event.
 */
export async function endInstallations(tx: SystemTx, tenantUuid: string, deps: EmitDeps): Promise<void> {
  const now = new Date(deps.clock.now());
  const revoked = await tx.sql<(InstallationFacts & { installer: string })[]>`
    update installations set state = 'revoked', updated_at = ${now}
    where developer = ${tenantUuid} and state <> 'revoked'
    returning tenant_id as installer, id, app_id, scopes, state`;
  for (const { installer, ...facts } of revoked) tell(tx, installer, facts);
  const ended = await tx.sql<(InstalledRow & { tenant_id: string })[]>`
    update installed set state = 'revoked', updated_at = ${now}
    where installer = ${tenantUuid} and tenant_id <> ${tenantUuid} and state <> 'revoked' returning *`;
  for (const row of ended) await tellDeveloper(tx, row.tenant_id, 'installation.revoked', row, deps);
}

async function write(crossing: SystemTx, pair: Pair, set: Fragment, type: EventType, deps: EmitDeps): Promise<void> {
  const { sql } = crossing;
  const now = new Date(deps.clock.now());
  // If the app was deleted after the revocation, the row of the developer no longer exists.
  const [theirs] = await sql<InstalledRow[]>`
    update installed set ${set}, updated_at = ${now} where tenant_id = ${pair.developer} and id = ${pair.id} returning *`;
  const [row] = await sql<InstallationFacts[]>`
    update installations set ${set}, updated_at = ${now}
    where tenant_id = ${pair.installer} and id = ${pair.id} returning id, app_id, scopes, state`;
  await tellDeveloper(crossing, pair.developer, type, theirs, deps);
  if (row !== undefined) tell(crossing, pair.installer, row);
}

async function tellDeveloper(
  crossing: SystemTx,
  developer: string,
  type: EventType,
  row: InstalledRow | undefined,
  deps: EmitDeps,
): Promise<void> {
  if (row !== undefined) await emit(crossing, developer, { type, target: row.id, data: viewInstalled(row) }, deps);
}

function tell(crossing: SystemTx, tenantUuid: string, facts: InstallationFacts): void {
  publish(crossing, [installationChange({ tenant: idFromUuid('tenant', tenantUuid), tenantUuid }, facts)]);
}
