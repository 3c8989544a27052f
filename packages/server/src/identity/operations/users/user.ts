/** Rows of a tenant's end users. Only the identity server reads their credentials. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { users } from '@tulou/contract/operations/users';
import type { Fragment } from '../../../store/pool.ts';
import type { TenantTx } from '../../../store/store.ts';

export interface UserRow {
  readonly id: Id<'user'>;
  readonly email: string;
  readonly name: string;
  readonly verified_at: Date | null;
  readonly disabled_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export const userColumns = ({ sql }: TenantTx): Fragment =>
  sql`id, email, name, verified_at, disabled_at, created_at, updated_at`;

export function viewUser(row: UserRow): Output<typeof users.get> {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    verified: row.verified_at !== null,
    state: row.disabled_at === null ? 'active' : 'disabled',
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** The end user that an id names. Throws `not_found`. */
export async function findUser(tx: TenantTx, id: string, lock = false): Promise<UserRow> {
  const [row] = await tx.sql<UserRow[]>`
    select ${userColumns(tx)} from users where tenant_id = ${tx.tenantUuid} and id = ${id}
    ${lock ? tx.sql`for update` : tx.sql``}`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}
