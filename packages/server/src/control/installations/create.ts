import { limits, Problem } from '@tulou/contract';
import type { installations } from '@tulou/contract/operations/installations';
import { newId } from '../../kernel/random.ts';
import { actorOf } from '../../tenancy/principal.ts';
import type { Handler } from '../call/handler.ts';
import { holdQuota } from '../quota.ts';
import { ownSlug } from '../tenants/row.ts';
import { holdApp, openPair } from './crossing.ts';
import { findInstallation, viewInstallation } from './installation.ts';
import { granted } from './state.ts';

/** A private app of another tenant and one that is not there are answered alike. */
export const createInstallation: Handler<typeof installations.create> = (scope, { body }, deps, call) =>
  call.commit(async (tx) => {
    const app = await holdApp(tx, body.app);
    if (app.state !== 'active') throw new Problem('state_conflict', { detail: 'The app is suspended.' });
    const counted = tx.sql`
      select 1 from installations where tenant_id = ${scope.tenantUuid} and state <> 'revoked'`;
    await holdQuota(tx, counted, limits.installationsPerTenantMax, 'apps installed');
    const id = newId('installation', deps.clock, deps.random);
    const opening = {
      id,
      installerSlug: await ownSlug(tx),
      grantedBy: actorOf(scope.principal),
      scopes: granted(app, body.scopes),
    };
    await openPair(tx, app, opening, new Date(deps.clock.now()));
    const after = viewInstallation(await findInstallation(tx, id));
    return { output: after, target: id, before: null, after };
  });
