import { Problem } from '@tulou/contract';
import type { keys } from '@tulou/contract/operations/keys';
import { lockApp } from '../app.ts';
import type { Handler } from '../../operations/handler.ts';
import type { AppsDeps } from '../deps.ts';
import { emit } from '../../operations/emit.ts';
import { changeKey } from './change.ts';
import { issueKey } from './issue.ts';
import { findKey, viewKey } from './key.ts';
import { holdRank } from './scopes.ts';

/** The successor has the environment, kind, name, scopes and expiry of the key. The key itself expires with the overlap, or before. */
export const rotateKey: Handler<typeof keys.rotate, AppsDeps> = (_scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const app = await lockApp(tx, params.app);
    const old = await findKey(tx, app, params.key);
    const now = deps.clock.now();
    if (old.expires_at !== null && old.expires_at.getTime() <= now) {
      throw new Problem('state_conflict', { detail: 'The key has expired; create a new one.' });
    }
    await holdRank(tx, old.scopes);
    const wish = { ...old, publicKey: body.public_key, expiresAt: old.expires_at };
    const { row, text } = await issueKey(tx, app, wish, deps);
    const end = Math.min(now + body.overlap_seconds * 1000, old.expires_at?.getTime() ?? Infinity);
    await changeKey(tx, old, { ...old, expiresAt: new Date(end) }, new Date(now));
    const after = viewKey(app, row);
    await emit(tx, tx.tenantUuid, { type: 'key.rotated', target: row.id, data: after }, deps);
    return { output: { ...after, key: text }, target: row.id, before: null, after };
  });
