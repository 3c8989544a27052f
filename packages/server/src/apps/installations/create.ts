import { limits, Problem, type Output } from '@tulou/contract';
import type { installations } from '@tulou/contract/operations/installations';
import { newId } from '../../kernel/random.ts';
import type { TenantTx } from '../../store/store.ts';
import { roleContains } from '../../tenancy/access.ts';
import { actorOf } from '../../tenancy/principal.ts';
import type { EmitDeps } from '../../operations/emit.ts';
import type { Handler, Written } from '../../operations/handler.ts';
import { holdQuota } from '../../operations/quota.ts';
import { ownSlug } from '../../operations/directory.ts';
import { holdApp, openPair, type InstallableApp } from './crossing.ts';
import { findInstallation, viewInstallation } from './installation.ts';
import { holdLowRisk } from './risk.ts';
import { granted } from './state.ts';

/** The answer for a private app of another tenant is the answer for an absent app. */
export const createInstallation: Handler<typeof installations.create> = (_scope, { body }, deps, call) =>
  call.commit(async (tx) => {
    const app = await holdApp(tx, body.app);
    return open(tx, app, { scopes: granted(app, body.scopes), trial: false }, deps);
  });

/** A trial is for any member if the tenant allows it. Members who may install the app may also try it. */
export const tryInstallation: Handler<typeof installations.try> = (scope, { body }, deps, call) =>
  call.commit(async (tx) => {
    const { principal } = scope;
    const [tenant] = await tx.sql<{ may: boolean }[]>`
      select members_may_try as may from tenants where tenant_id = ${tx.tenantUuid} for share`;
    const isAdmin = principal.kind !== 'member' || roleContains(principal.role, 'admin');
    if (!isAdmin && tenant?.may !== true)
      throw new Problem('forbidden', { detail: 'In this tenant only admins install apps: ask one' });
    const app = await holdApp(tx, body.app);
    const scopes = granted(app, body.scopes);
    await holdLowRisk(tx, scopes);
    return open(tx, app, { scopes, trial: true }, deps);
  });

interface Wish {
  readonly scopes: readonly string[];
  readonly trial: boolean;
}

async function open(
  tx: TenantTx,
  app: InstallableApp,
  wish: Wish,
  deps: EmitDeps,
): Promise<Written<Output<typeof installations.get>>> {
  if (app.state !== 'active') throw new Problem('state_conflict', { detail: 'The app is suspended.' });
  const counted = tx.sql`
    select 1 from installations where tenant_id = ${tx.tenantUuid} and state <> 'revoked'`;
  await holdQuota(tx, counted, limits.installationsPerTenantMax, 'apps installed');
  const id = newId('installation', deps.clock, deps.random);
  const grantedBy = actorOf(tx.scope.principal);
  await openPair(tx, app, { id, installerSlug: await ownSlug(tx), grantedBy, ...wish }, deps);
  const after = viewInstallation(await findInstallation(tx, id));
  return { output: after, target: id, before: null, after };
}
