/** Rows of connections. A client secret is stored only sealed. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { connections } from '@tulou/contract/operations/connections';
import type { Fragment } from '../../../store/pool.ts';
import type { TenantTx } from '../../../store/store.ts';

import { hostClass } from '../../../http/address-guard.ts';
import type { IdentityDeps } from '../../deps.ts';

type View = Output<typeof connections.get>;

export interface ConnectionRow {
  readonly id: Id<'connection'>;
  readonly name: string;
  readonly issuer_url: string;
  readonly client_id: string;
  readonly secret_client_secret: Uint8Array | null;
  readonly domains: readonly string[];
  readonly enforced: boolean;
  readonly owners: boolean;
  readonly state: View['state'];
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** Throws `not_found`. */
export const findConnection = (tx: TenantTx, id: string): Promise<ConnectionRow> => read(tx, id, tx.sql``);

/** The same, locked until the transaction ends. */
export const lockConnection = (tx: TenantTx, id: string): Promise<ConnectionRow> => read(tx, id, tx.sql`for update`);

async function read(tx: TenantTx, id: string, lock: Fragment): Promise<ConnectionRow> {
  const [row] = await tx.sql<ConnectionRow[]>`
    select * from connections where tenant_id = ${tx.tenantUuid} and id = ${id} ${lock}`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

export function viewConnection(row: ConnectionRow, platformUrl: string): View {
  return {
    id: row.id,
    name: row.name,
    issuer: row.issuer_url,
    client_id: row.client_id,
    domains: [...row.domains],
    enforced: row.enforced,
    owners: row.owners,
    state: row.state,
    redirect_uri: `${platformUrl}/account/federation/${row.id}`,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}

/** The context of the seal: the secret of another row does not open here. */
export const secretContext = (tenantUuid: string, id: string): string => `connection ${tenantUuid} ${id}`;

/**
 * Throws where the identity server would not connect to it; what its name resolves to is judged there, at each connect. Plain
 * http leads to this machine only, for development.
 */
export function judgeIssuer(issuer: string, { upstreamAllow }: IdentityDeps): void {
  const url = new URL(issuer);
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  const found = hostClass(url.hostname);
  const isHere = found === 'loopback' && upstreamAllow.includes('loopback');
  const refuse = (code: 'invalid_request' | 'upstream_address_refused', message: string): never => {
    throw new Problem(code, { violations: [{ pointer: '/issuer', message }] });
  };
  if (!isPlain) refuse('invalid_request', 'must have no user, query or fragment');
  if (found !== undefined && !upstreamAllow.some((one) => one === found))
    refuse('upstream_address_refused', `leads to a ${found} address, which this platform does not connect to`);
  if (url.protocol === 'http:' && !isHere) refuse('invalid_request', 'must begin with https://');
}
