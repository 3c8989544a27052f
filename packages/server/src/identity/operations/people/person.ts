/** Rows of the platform's people. Only the identity server reads their credentials. */
import { idFromUuid, Problem, type Id, type Output } from '@tulou/contract';
import type { people } from '@tulou/contract/operations/people';
import type { Fragment } from '../../../store/pool.ts';
import type { TenantTx } from '../../../store/store.ts';
import { nilTenant } from '../../../tenancy/nil-tenant.ts';

export interface PersonRow {
  readonly id: Id<'user'>;
  readonly email: string;
  readonly name: string;
  readonly tenant: string | null;
  readonly verified_at: Date | null;
  readonly disabled_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export function viewPerson(row: PersonRow): Output<typeof people.get> {
  return {
    id: row.id,
    email: row.email,
    name: row.name,
    verified: row.verified_at !== null,
    state: row.disabled_at === null ? 'active' : 'disabled',
    tenant: row.tenant === null ? null : idFromUuid('tenant', row.tenant),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

export const readPeople = ({ sql }: TenantTx, which: Fragment): Promise<readonly PersonRow[]> =>
  sql<PersonRow[]>`
    select id, email, name, tenant, verified_at, disabled_at, created_at, updated_at from users
    where tenant_id = ${nilTenant} and ${which}`;

/** Locked until the transaction ends. Throws `not_found`. */
export async function lockPerson(tx: TenantTx, id: string): Promise<PersonRow> {
  const [row] = await readPeople(tx, tx.sql`id = ${id} for update`);
  if (row === undefined) throw new Problem('not_found');
  return row;
}
