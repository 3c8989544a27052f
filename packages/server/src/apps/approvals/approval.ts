/** Rows of approvals: the scopes that members have asked an admin to allow them in an app. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { approvals } from '@tulou/contract/operations/approvals';
import type { TenantTx } from '../../store/store.ts';

export interface ApprovalRow {
  readonly id: Id<'approval'>;
  readonly member: Id<'member'>;
  readonly app_id: Id<'app'>;
  /** `<tenant>/<app>` */
  readonly app: string;
  readonly app_name: string;
  readonly scopes: readonly string[];
  readonly state: 'open' | 'approved' | 'rejected';
  readonly decided_by: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** Throws `not_found`. */
export async function findApproval(tx: TenantTx, id: string, lock: 'lock' | 'no lock'): Promise<ApprovalRow> {
  const [row] = await tx.sql<ApprovalRow[]>`
    select * from approvals where tenant_id = ${tx.tenantUuid} and id = ${id}
    ${lock === 'lock' ? tx.sql`for update` : tx.sql``}`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

export function viewApproval(row: ApprovalRow): Output<typeof approvals.get> {
  return {
    id: row.id,
    member: row.member,
    app: row.app,
    app_id: row.app_id,
    app_name: row.app_name,
    scopes: [...row.scopes],
    state: row.state,
    decided_by: row.decided_by,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
