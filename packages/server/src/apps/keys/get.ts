import type { keys } from '@tulou/contract/operations/keys';
import { findApp } from '../app.ts';
import type { Handler } from '../../operations/handler.ts';
import { findKey, viewKey } from './key.ts';

export const getKey: Handler<typeof keys.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const app = await findApp(tx, params.app);
    return viewKey(app, await findKey(tx, app, params.key));
  });
