import type { issuers } from '@tulou/contract/operations/issuers';
import { must } from '../../../kernel/assert.ts';
import { claimHost } from '../../../store/hosts.ts';
import type { Handler } from '../../../operations/handler.ts';
import { gone, publish } from '../../../snapshot/publish.ts';
import { findIssuer, refOf, viewIssuer, type IssuerRow } from './issuer.ts';
import type { IdentityDeps } from '../../deps.ts';

/**
 * Under another host name it is another issuer, with the same people and keys: tokens of the old one are refused with the
 * commit, and so are all while it is paused.
 */
export const putIssuer: Handler<typeof issuers.put, IdentityDeps> = (scope, { body }, deps, call) =>
  call.commit(async (tx) => {
    const row = await findIssuer(tx, true);
    const before = row && (await viewIssuer(tx, row, deps));
    if (before !== undefined) call.expect(before);
    await claimHost(tx, body.host, deps);
    const now = new Date(deps.clock.now());
    const [written] = await tx.sql<IssuerRow[]>`
      insert into issuers (tenant_id, host, name, accent, sign_up, state, created_at, updated_at)
      values (${scope.tenantUuid}, ${body.host}, ${body.name}, ${body.accent}, ${body.sign_up}, ${body.state}, ${now}, ${now})
      on conflict (tenant_id) do update set host = excluded.host, name = excluded.name, accent = excluded.accent,
        sign_up = excluded.sign_up, state = excluded.state, updated_at = excluded.updated_at
      returning *`;
    const next = must(written, 'what was written is there');
    if (row !== undefined && (row.host !== next.host || next.state === 'paused'))
      publish(tx, [gone('issuer', refOf(row, deps).issuer, scope.tenantUuid)]);
    await deps.signing.open(tx, refOf(next, deps));
    const after = await viewIssuer(tx, next, deps);
    return { output: after, target: scope.tenant, before: before ?? null, after };
  });
