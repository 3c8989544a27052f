/** Rows of OAuth clients. A row holds only the hash of the secret. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { clients } from '@tulou/contract/operations/clients';
import type { TenantTx } from '../../store/store.ts';
import type { AppRow } from '../app.ts';
import type { ClientFacts } from './judge.ts';

type View = Output<typeof clients.get>;

export interface ClientRow extends ClientFacts {
  readonly id: Id<'client'>;
  readonly app_id: Id<'app'>;
  readonly name: string;
  readonly environment: View['environment'];
  readonly id_token_signed_response_alg: View['id_token_signed_response_alg'];
  readonly require_pushed_authorization_requests: boolean;
  readonly secret_hash: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The client of an app that an id names. Throws `not_found`. */
export async function findClient(tx: TenantTx, app: AppRow, id: string): Promise<ClientRow> {
  const [row] = await tx.sql<ClientRow[]>`
    select * from clients where tenant_id = ${tx.tenantUuid} and app_id = ${app.id} and id = ${id}`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** A client as its readers see it. */
export function viewClient(app: AppRow, row: ClientRow): View {
  return {
    id: row.id,
    app: app.slug,
    name: row.name,
    environment: row.environment,
    authentication: row.authentication,
    grant_types: [...row.grant_types],
    redirect_uris: [...row.redirect_uris],
    post_logout_redirect_uris: [...row.post_logout_redirect_uris],
    backchannel_logout_uri: row.backchannel_logout_uri,
    jwks: row.jwks === null ? null : { keys: [...row.jwks.keys] },
    tls_subject: row.tls_subject,
    dpop_bound: row.dpop_bound,
    certificate_bound: row.certificate_bound,
    id_token_signed_response_alg: row.id_token_signed_response_alg,
    pkce: row.pkce,
    require_pushed_authorization_requests: row.require_pushed_authorization_requests,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
