import type { connections } from '@tulou/contract/operations/connections';
import type { Handler } from '../../../operations/handler.ts';
import { findConnection, viewConnection } from './connection.ts';

export const getConnection: Handler<typeof connections.get> = (scope, { params }, { store, platformUrl }) =>
  store.tenant(scope, async (tx) => viewConnection(await findConnection(tx, params.connection), platformUrl));
