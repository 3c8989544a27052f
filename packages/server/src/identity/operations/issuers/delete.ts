import type { issuers } from '@tulou/contract/operations/issuers';
import { releaseHosts } from '../../../store/hosts.ts';
import type { Handler } from '../../../operations/handler.ts';
import { gone, publish } from '../../../snapshot/publish.ts';
import { lockIssuer, refOf, viewIssuer } from './issuer.ts';
import type { IdentityDeps } from '../../deps.ts';

export const deleteIssuer: Handler<typeof issuers.delete, IdentityDeps> = (scope, _input, deps, call) =>
  call.commit(async (tx) => {
    const row = await lockIssuer(tx);
    const before = await viewIssuer(tx, row, deps);
    call.expect(before);
    const { sql, tenantUuid } = tx;
    await sql`delete from users where tenant_id = ${tenantUuid}`;
    await sql`delete from issuers where tenant_id = ${tenantUuid}`;
    await releaseHosts(tx, null);
    publish(tx, [gone('issuer', refOf(row, deps).issuer, tenantUuid)]);
    await deps.signing.close(tx, tenantUuid);
    return { output: undefined, target: scope.tenant, before, after: null };
  });
