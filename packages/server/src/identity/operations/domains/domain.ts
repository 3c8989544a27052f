/** Rows of domains. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { domains } from '@tulou/contract/operations/domains';
import type { Fragment } from '../../../store/pool.ts';
import type { TenantTx } from '../../../store/store.ts';
import { challengeUrl, recordName, type Proof } from '../../domains/prober.ts';

type View = Output<typeof domains.get>;

export interface DomainRow {
  readonly id: Id<'domain'>;
  readonly host: string;
  readonly challenge: string;
  readonly state: View['state'];
  readonly method: Proof | null;
  readonly verified_at: Date | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The domain that an id or a host name names. Throws `not_found`. */
export const findDomain = (tx: TenantTx, ref: string): Promise<DomainRow> => read(tx, ref, tx.sql``);

/** The same, locked until the transaction ends. */
export const lockDomain = (tx: TenantTx, ref: string): Promise<DomainRow> => read(tx, ref, tx.sql`for update`);

async function read({ sql, tenantUuid }: TenantTx, ref: string, lock: Fragment): Promise<DomainRow> {
  const [row] = await sql<DomainRow[]>`
    select * from domains where tenant_id = ${tenantUuid} and (id = ${ref} or host = ${ref.toLowerCase()}) ${lock}`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

export function viewDomain(row: DomainRow): View {
  const { host, challenge: token } = row;
  return {
    id: row.id,
    host,
    state: row.state,
    method: row.method,
    challenge: {
      dns: { name: recordName(host), type: 'TXT', value: token },
      http: { url: challengeUrl({ host, token }), body: token },
    },
    verified_at: row.verified_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
