import { Problem } from '@tulou/contract';
import type { apps } from '@tulou/contract/operations/apps';
import { must } from '../../kernel/assert.ts';
import type { Handler } from '../../operations/handler.ts';
import { appChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import { lockApp, viewApp, type AppRow } from '../app.ts';
import { allOf, holdDeclared } from '../declared.ts';

export const updateApp: Handler<typeof apps.update> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const before = await lockApp(tx, params.app);
    call.expect(viewApp(before));
    const { name = before.name, state = before.state } = body;
    const { visibility = before.visibility, redirect_uris = before.redirect_uris } = body;
    const { scopes = before.scopes, optional_scopes = before.optional_scopes } = body;
    if (before.state === 'blocked' && body.state !== undefined)
      throw new Problem('state_conflict', { detail: 'An operator has blocked this app.' });
    await holdDeclared(tx, { scopes, optional_scopes }, allOf(before));
    const [row] = await tx.sql<AppRow[]>`
      update apps set name = ${name}, state = ${state}, visibility = ${visibility},
        redirect_uris = ${[...redirect_uris]}::text[], scopes = ${[...scopes]}::text[],
        optional_scopes = ${[...optional_scopes]}::text[], updated_at = ${new Date(deps.clock.now())}
      where tenant_id = ${scope.tenantUuid} and id = ${before.id} returning *`;
    const after = must(row, 'a locked row is there');
    publish(tx, [appChange(scope, after)]);
    return { output: viewApp(after), target: after.id, before: viewApp(before), after: viewApp(after) };
  });
