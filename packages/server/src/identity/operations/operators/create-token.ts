import { formatCredential, limits, parseCredential, Problem } from '@tulou/contract';
import type { operatorTokens } from '@tulou/contract/operations/operator-tokens';
import { must } from '../../../kernel/assert.ts';
import { sha256 } from '../../../kernel/hash.ts';
import type { SystemTx } from '../../../store/store.ts';
import { actorOf, type Principal } from '../../../tenancy/principal.ts';
import { insertOperatorToken } from '../../../operations/platform-tokens.ts';
import type { Handler } from '../../../operations/handler.ts';
import { nilTenant } from '../../../tenancy/nil-tenant.ts';
import { credentialIdOf, readOperatorTokens, viewOperatorToken, type OperatorTokenRow } from './token.ts';

const dayMs = 86_400_000;

/** A token for one person or program, so that it can be revoked without the others. It does not outlive its maker's. */
export const createOperatorToken: Handler<typeof operatorTokens.create> = (principal, { body }, deps, call) =>
  call.commit(async (tx) => {
    const { clock, random } = deps;
    const now = new Date(clock.now());
    await holdCount(tx, now);
    const token = formatCredential('operator', nilTenant, random.bytes(8), random.bytes(32));
    const credential = must(parseCredential(token), 'what was formatted is a credential');
    const asked = body.expires_in_days === undefined ? null : new Date(now.getTime() + body.expires_in_days * dayMs);
    const row: OperatorTokenRow = {
      id: credential.id,
      name: body.name,
      from_file: false,
      created_by: actorOf(principal),
      expires_at: earlier(asked, await endOf(tx, principal)),
      revoked_at: null,
      created_at: now,
    };
    await insertOperatorToken(tx, row, sha256(credential.secret));
    const after = viewOperatorToken(row);
    return { tenantUuid: null, output: { ...after, token }, target: after.id, before: null, after };
  });

async function holdCount({ sql }: SystemTx, now: Date): Promise<void> {
  const [row] = await sql<[{ count: number }]>`
    select count(*)::int as count from platform_tokens
    where kind = 'operator' and revoked_at is null and (expires_at is null or expires_at > ${now})`;
  if (row.count < limits.operatorTokensMax) return;
  throw new Problem('state_conflict', { detail: `there are ${row.count} operator tokens; revoke those not in use` });
}

/** When the token of the caller expires; null where nothing bounds it. The principal has the first letters of its id. */
async function endOf(tx: SystemTx, principal: Principal): Promise<Date | null> {
  if (principal.kind !== 'operator' || principal.id.startsWith('usr_')) return null;
  const [maker] = await readOperatorTokens(tx, tx.sql`starts_with(id, ${credentialIdOf(principal.id)})`);
  return maker?.expires_at ?? null;
}

function earlier(a: Date | null, b: Date | null): Date | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}
