import type { tokens } from '@tulou/contract/operations/tokens';
import type { Handler } from '../../operations/handler.ts';
import { findToken, viewToken } from './token.ts';

export const getToken: Handler<typeof tokens.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => viewToken(await findToken(tx, params.token, 'no lock')));
