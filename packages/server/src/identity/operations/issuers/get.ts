import { Problem } from '@tulou/contract';
import type { issuers } from '@tulou/contract/operations/issuers';
import type { Handler } from '../../../operations/handler.ts';
import { findIssuer, viewIssuer } from './issuer.ts';
import type { IdentityDeps } from '../../deps.ts';

export const getIssuer: Handler<typeof issuers.get, IdentityDeps> = (scope, _input, deps) =>
  deps.store.tenant(scope, async (tx) => {
    const row = await findIssuer(tx);
    if (row === undefined) throw new Problem('not_found');
    return viewIssuer(tx, row, deps);
  });
