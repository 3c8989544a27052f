import type { clients } from '@tulou/contract/operations/clients';
import { findApp } from '../app.ts';
import type { Handler } from '../../operations/handler.ts';
import { findClient, viewClient } from './client.ts';

export const getClient: Handler<typeof clients.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const app = await findApp(tx, params.app);
    return viewClient(app, await findClient(tx, app, params.client));
  });
