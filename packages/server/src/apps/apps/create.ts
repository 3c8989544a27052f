import { limits, Problem } from '@tulou/contract';
import type { apps } from '@tulou/contract/operations/apps';
import { newId } from '../../kernel/random.ts';
import type { Handler } from '../../operations/handler.ts';
import { holdQuota } from '../../operations/quota.ts';
import { appChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import { viewApp, type AppRow } from '../app.ts';
import { holdDeclared } from '../declared.ts';

export const createApp: Handler<typeof apps.create> = (scope, { body }, deps, call) =>
  call.commit(async (tx) => {
    const counted = tx.sql`select 1 from apps where tenant_id = ${scope.tenantUuid}`;
    await holdDeclared(tx, body, []);
    const held = holdQuota(tx, counted, limits.appsPerTenantMax, 'apps of this tenant');
    const id = newId('app', deps.clock, deps.random);
    const now = new Date(deps.clock.now());
    const inserting = tx.sql<AppRow[]>`
      insert into apps (tenant_id, id, slug, name, state, visibility, redirect_uris, scopes, optional_scopes, created_at,
                        updated_at)
      values (${scope.tenantUuid}, ${id}, ${body.slug}, ${body.name}, 'active', ${body.visibility},
              ${body.redirect_uris}::text[], ${body.scopes}::text[], ${body.optional_scopes}::text[], ${now}, ${now})
      on conflict (tenant_id, slug) do nothing returning *`;
    const [, [row]] = await Promise.all([held, inserting]);
    if (row === undefined) throw new Problem('conflict', { detail: `There is an app \`${body.slug}\` already.` });
    publish(tx, [appChange(scope, row)]);
    const after = viewApp(row);
    return { output: after, target: id, before: null, after };
  });
