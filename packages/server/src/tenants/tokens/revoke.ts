import type { tokens } from '@tulou/contract/operations/tokens';
import type { Handler } from '../../operations/handler.ts';
import { holdRank } from '../members/member.ts';
import { findToken, viewToken } from './token.ts';

/** Revokes a token; the next call with it is refused. The row stays, to show its member. A second revocation changes nothing. */
export const revokeToken: Handler<typeof tokens.revoke> = (scope, { params }, { clock }, call) =>
  call.commit(async (tx) => {
    const row = await findToken(tx, params.token, 'lock');
    call.expect(viewToken(row));
    holdRank(scope.principal, row.role);
    const revokedAt = row.revoked_at ?? new Date(clock.now());
    await tx.sql`update tokens set revoked_at = ${revokedAt} where tenant_id = ${scope.tenantUuid} and id = ${row.id}`;
    const after = viewToken({ ...row, revoked_at: revokedAt });
    return { output: undefined, target: row.id, before: viewToken(row), after };
  });
