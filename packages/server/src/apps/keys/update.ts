import type { keys } from '@tulou/contract/operations/keys';
import { lockApp } from '../app.ts';
import type { Handler } from '../../operations/handler.ts';
import { changeKey } from './change.ts';
import { findKey, viewKey } from './key.ts';

export const updateKey: Handler<typeof keys.update> = (_scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const app = await lockApp(tx, params.app);
    const before = await findKey(tx, app, params.key);
    call.expect(viewKey(app, before));
    const name = body.name === undefined ? before.name : body.name;
    const said = body.expires_at == null ? null : new Date(body.expires_at);
    const expiresAt = body.expires_at === undefined ? before.expires_at : said;
    const after = viewKey(app, await changeKey(tx, before, { name, expiresAt }, new Date(deps.clock.now())));
    return { output: after, target: before.id, before: viewKey(app, before), after };
  });
