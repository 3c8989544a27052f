/** Operator tokens: credentials of the installation itself. */
import { Problem, type Output } from '@tulou/contract';
import type { operatorTokens } from '@tulou/contract/operations/operator-tokens';
import type { Fragment } from '../../../store/pool.ts';
import type { SystemTx } from '../../../store/store.ts';

export interface OperatorTokenRow {
  /** The id of the credential: the nil tenant, then the id that `operator-tokens` shows. */
  readonly id: string;
  readonly name: string | null;
  readonly from_file: boolean;
  readonly created_by: string | null;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly created_at: Date;
}

/** The part of a credential's id that names its tenant. */
const nilTenantPart = '0'.repeat(22);

/** The id of the token in the API: the random part of its credential's id. */
export const shownId = (credentialId: string): string => credentialId.slice(nilTenantPart.length);
export const credentialIdOf = (shown: string): string => nilTenantPart + shown;

export const viewOperatorToken = (row: OperatorTokenRow): Output<typeof operatorTokens.get> => ({
  id: shownId(row.id),
  name: row.name ?? 'operator.token',
  from_file: row.from_file,
  created_by: row.created_by,
  expires_at: row.expires_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
  created_at: row.created_at.toISOString(),
});

export const readOperatorTokens = ({ sql }: SystemTx, which: Fragment): Promise<readonly OperatorTokenRow[]> =>
  sql<OperatorTokenRow[]>`
    select id, name, from_file, created_by, expires_at, revoked_at, created_at from platform_tokens
    where kind = 'operator' and ${which}`;

/** Throws `not_found`. */
export async function findOperatorToken(tx: SystemTx, shown: string, lock: Fragment): Promise<OperatorTokenRow> {
  const [row] = await readOperatorTokens(tx, tx.sql`id = ${credentialIdOf(shown)} ${lock}`);
  if (row === undefined) throw new Problem('not_found');
  return row;
}
