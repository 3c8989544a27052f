import type { keys } from '@tulou/contract/operations/keys';
import { lockApp } from '../app.ts';
import type { Handler } from '../../operations/handler.ts';
import type { AppsDeps } from '../deps.ts';
import { issueKey } from './issue.ts';
import { viewKey } from './key.ts';

export const createKey: Handler<typeof keys.create, AppsDeps> = (_scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const app = await lockApp(tx, params.app);
    const expiresAt = body.expires_at === null ? null : new Date(body.expires_at);
    const { row, text } = await issueKey(tx, app, { ...body, publicKey: body.public_key, expiresAt }, deps);
    const after = viewKey(app, row);
    return { output: { ...after, key: text }, target: row.id, before: null, after };
  });
