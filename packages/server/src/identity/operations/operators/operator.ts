/** People who are operators. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { operators } from '@tulou/contract/operations/operators';
import type { Fragment } from '../../../store/pool.ts';
import type { SystemTx } from '../../../store/store.ts';
import { nilTenant } from '../../../tenancy/nil-tenant.ts';

export interface OperatorRow {
  readonly id: Id<'user'>;
  readonly email: string;
  readonly name: string;
  readonly created_by: string;
  readonly created_at: Date;
}

export const viewOperator = (row: OperatorRow): Output<typeof operators.get> => ({
  ...row,
  created_at: row.created_at.toISOString(),
});

export const readOperators = ({ sql }: SystemTx, which: Fragment): Promise<readonly OperatorRow[]> =>
  sql<OperatorRow[]>`
    select u.id, u.email, u.name, o.created_by, o.created_at
    from operators o join users u on u.tenant_id = ${nilTenant} and u.id = o.user_id
    where ${which}`;

/** Throws `not_found`. */
export async function findOperator(tx: SystemTx, id: string): Promise<OperatorRow> {
  const [row] = await readOperators(tx, tx.sql`o.user_id = ${id}`);
  if (row === undefined) throw new Problem('not_found');
  return row;
}
