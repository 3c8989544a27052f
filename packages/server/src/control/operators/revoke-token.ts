import type { operatorTokens } from '@tulou/contract/operations/operator-tokens';
import type { Handler } from '../call/handler.ts';
import { findOperatorToken, viewOperatorToken } from './token.ts';

/** Refused from the next call on; the row stays, to say whose it was. A second revocation changes nothing. */
export const revokeOperatorToken: Handler<typeof operatorTokens.revoke> = (_principal, { params }, { clock }, call) =>
  call.commit(async (tx) => {
    const row = await findOperatorToken(tx, params.token, tx.sql`for update`);
    const before = viewOperatorToken(row);
    call.expect(before);
    const revokedAt = row.revoked_at ?? new Date(clock.now());
    await tx.sql`update platform_tokens set revoked_at = ${revokedAt} where id = ${row.id}`;
    const after = viewOperatorToken({ ...row, revoked_at: revokedAt });
    return { tenantUuid: null, output: undefined, target: before.id, before, after };
  });
