import type { apps } from '@tulou/contract/operations/apps';
import { must } from '../../kernel/assert.ts';
import type { Handler } from '../call/handler.ts';
import { appChange } from '../snapshot/compile.ts';
import { publish } from '../snapshot/publish.ts';
import { lockApp, viewApp, type AppRow } from './app.ts';

export const updateApp: Handler<typeof apps.update> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const before = await lockApp(tx, params.app);
    call.expect(viewApp(before));
    const { name = before.name, state = before.state } = body;
    const { redirect_uris = before.redirect_uris, scopes = before.scopes } = body;
    const [row] = await tx.sql<AppRow[]>`
      update apps set name = ${name}, state = ${state}, redirect_uris = ${[...redirect_uris]}::text[],
        scopes = ${[...scopes]}::text[], updated_at = ${new Date(deps.clock.now())}
      where tenant_id = ${scope.tenantUuid} and id = ${before.id} returning *`;
    const after = must(row, 'a locked row is there');
    publish(tx, [appChange(scope, after)]);
    return { output: viewApp(after), target: after.id, before: viewApp(before), after: viewApp(after) };
  });
