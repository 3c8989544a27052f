import type { operatorTokens } from '@tulou/contract/operations/operator-tokens';
import { revokePlatformToken } from '../../../operations/platform-tokens.ts';
import type { Handler } from '../../../operations/handler.ts';
import { findOperatorToken, viewOperatorToken } from './token.ts';

/** Refused from the next call on; the row stays, to say whose it was. A second revocation changes nothing. */
export const revokeOperatorToken: Handler<typeof operatorTokens.revoke> = (_principal, { params }, { clock }, call) =>
  call.commit(async (tx) => {
    const row = await findOperatorToken(tx, params.token, tx.sql`for update`);
    const before = viewOperatorToken(row);
    call.expect(before);
    const revokedAt = row.revoked_at ?? new Date(clock.now());
    await revokePlatformToken(tx, row.id, revokedAt);
    const after = viewOperatorToken({ ...row, revoked_at: revokedAt });
    return { tenantUuid: null, output: undefined, target: before.id, before, after };
  });
