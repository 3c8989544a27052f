/** Which key an issuer signs with. */
import { Problem, type Output } from '@tulou/contract';
import type { issuers } from '@tulou/contract/operations/issuers';
import type { TenantTx } from '../../../store/store.ts';
import type { Committed, Handler, TenantCall } from '../../../operations/handler.ts';
import { lockIssuer, refOf, viewIssuer } from './issuer.ts';
import type { IdentityDeps } from '../../deps.ts';

export const rotateIssuer: Handler<typeof issuers.rotate, IdentityDeps> = (_scope, _input, deps, call) =>
  changeKeys(call, deps, (tx, ref) => deps.signing.rotate(tx, ref));

export const revokeIssuerKey: Handler<typeof issuers.revoke, IdentityDeps> = (_scope, { body }, deps, call) =>
  changeKeys(call, deps, async (tx, ref) => {
    const keys = await deps.signing.list(tx, ref.tenantUuid);
    const kid = body.kid ?? keys.find(({ state }) => state === 'current')?.kid ?? '';
    if (!(await deps.signing.revoke(tx, ref, kid))) throw new Problem('not_found');
  });

function changeKeys(
  call: TenantCall,
  deps: IdentityDeps,
  work: (tx: TenantTx, ref: ReturnType<typeof refOf>) => Promise<void>,
): Promise<Committed<Output<typeof issuers.get>>> {
  return call.commit(async (tx) => {
    const row = await lockIssuer(tx);
    const before = await viewIssuer(tx, row, deps);
    await work(tx, refOf(row, deps));
    const after = await viewIssuer(tx, row, deps);
    return { output: after, target: tx.scope.tenant, before, after };
  });
}
