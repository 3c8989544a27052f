/** The row of a tenant's issuer, and how the API shows it. */
import { Problem, type Output } from '@tulou/contract';
import type { issuers } from '@tulou/contract/operations/issuers';
import { isOwnHost, originOf } from '../../../http/origin.ts';
import type { TenantTx } from '../../../store/store.ts';
import type { IdentityDeps } from '../../deps.ts';

export interface IssuerRow {
  readonly tenant_id: string;
  readonly host: string;
  readonly name: string;
  readonly accent: string | null;
  readonly sign_up: 'open' | 'invited';
  readonly state: 'active' | 'paused';
  readonly created_at: Date;
  readonly updated_at: Date;
}

type Deps = Pick<IdentityDeps, 'platformUrl' | 'signing'>;

/** The tenant's issuer; undefined: it has none. */
export async function findIssuer(tx: TenantTx, lock = false): Promise<IssuerRow | undefined> {
  const [row] = await tx.sql<IssuerRow[]>`
    select * from issuers where tenant_id = ${tx.tenantUuid} ${lock ? tx.sql`for update` : tx.sql``}`;
  return row;
}

/** The same, locked. Throws `not_found` if there is none. */
export async function lockIssuer(tx: TenantTx): Promise<IssuerRow> {
  const row = await findIssuer(tx, true);
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/**
 * The reference of the issuer for the identity server. An issuer that is not served (rows.ts) has a name that is no one's URL.
 */
export const refOf = (row: IssuerRow, { platformUrl }: Deps): { issuer: string; tenantUuid: string } => ({
  issuer: isOwnHost(row.host, platformUrl) ? originOf(row.host, platformUrl) : `urn:tulou:refused:${row.host}`,
  tenantUuid: row.tenant_id,
});

/** How it looks to its readers, keys as they are in this transaction. */
export async function viewIssuer(tx: TenantTx, row: IssuerRow, deps: Deps): Promise<Output<typeof issuers.get>> {
  const keys = await deps.signing.list(tx, row.tenant_id);
  return {
    host: row.host,
    issuer: refOf(row, deps).issuer,
    name: row.name,
    accent: row.accent,
    sign_up: row.sign_up,
    state: row.state,
    keys: keys.flatMap(({ kid, algorithm, state, changedAt }) =>
      state === 'removed' ? [] : [{ kid, algorithm, state, changed_at: changedAt.toISOString() }],
    ),
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
