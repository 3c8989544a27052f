/** An OAuth client by its id alone, as oidc-provider wants it. */
import type { AdapterPayload } from 'oidc-provider';
import { isId } from '@tulou/contract';
import type { Store, SystemTx } from '../../store/store.ts';

/** What is needed of a client and its app to decide on a token. */
export interface ClientRow {
  readonly id: string;
  readonly tenantUuid: string;
  readonly appId: string;
  readonly appName: string;
  /** Full names that the app declares, required and optional. */
  readonly appScopes: readonly string[];
  readonly authentication: 'client_secret_basic' | 'private_key_jwt' | 'tls_client_auth' | 'none';
  readonly grantTypes: string[];
  readonly redirectUris: string[];
  readonly jwks: { keys: Record<string, unknown>[] } | null;
  readonly dpopBound: boolean;
  readonly secretHash: string | null;
}

/** The client, where it, its app and its tenant are in use. The snapshot says which tenant it belongs to. */
export async function readClient({ sql }: SystemTx, clientId: string): Promise<ClientRow | undefined> {
  if (!isId('client', clientId)) return undefined;
  const [known] = await sql<{ tenant: string }[]>`
    select tenant from snapshot_objects where kind = 'client' and key = ${clientId} and object is not null`;
  if (known === undefined) return undefined;
  const [row] = await sql<ClientRow[]>`
    select c.id, c.tenant_id as "tenantUuid", a.id as "appId", a.name as "appName",
      a.scopes || a.optional_scopes as "appScopes", c.authentication, c.grant_types as "grantTypes",
      c.redirect_uris as "redirectUris", c.jwks, c.dpop_bound as "dpopBound", c.secret_hash as "secretHash"
    from clients c
      join apps a on a.tenant_id = c.tenant_id and a.id = c.app_id
      join tenants t on t.tenant_id = c.tenant_id
    where c.tenant_id = ${known.tenant} and c.id = ${clientId} and a.state = 'active'
      and t.suspended_at is null and t.delete_at is null`;
  return row;
}

/** Looks clients up for the adapter. One that could not authenticate here is none. */
export function openClients({ store }: { readonly store: Store }): (id: string) => Promise<AdapterPayload | undefined> {
  return async (id) => {
    const row = await store.system('a client is known by its id alone', (tx) => readClient(tx, id));
    return row === undefined || row.authentication === 'tls_client_auth' ? undefined : metadataOf(row);
  };
}

function metadataOf(row: ClientRow): AdapterPayload {
  const usesCode = row.grantTypes.includes('authorization_code');
  return {
    client_id: row.id,
    client_name: row.appName,
    token_endpoint_auth_method: row.authentication,
    grant_types: row.grantTypes,
    response_types: usesCode ? ['code'] : [],
    redirect_uris: usesCode ? row.redirectUris : [],
    dpop_bound_access_tokens: row.dpopBound,
    ...(row.jwks === null ? {} : { jwks: row.jwks }),
    // The hash in place of the secret: `compareClientSecret` (provider.ts) compares hashes.
    ...(row.secretHash === null ? {} : { client_secret: row.secretHash }),
  };
}
