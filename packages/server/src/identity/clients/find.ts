/** An OAuth client by its id alone, as oidc-provider wants it. */
import type { AdapterPayload } from 'oidc-provider';
import { isId } from '@tulou/contract';
import { dataDetail } from './details.ts';
import type { Clock } from '../../kernel/clock.ts';
import { equalHashes, sha256 } from '../../kernel/hash.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';
import { withinTenant, type Store, type SystemTx, type TenantTx } from '../../store/store.ts';
import { fromIdentity } from '../../tenancy/doors.ts';
import { asPlatform } from '../system-wide.ts';

/** The data of a client and its app that decide on a token. */
export interface ClientRow {
  readonly id: string;
  readonly tenantUuid: string;
  readonly appId: string;
  readonly appName: string;
  /** Full names that the app declares, required and optional. */
  readonly appScopes: readonly string[];
  readonly authentication:
    | 'client_secret_basic'
    | 'client_secret_post'
    | 'private_key_jwt'
    | 'tls_client_auth'
    | 'none';
  readonly grantTypes: string[];
  readonly redirectUris: string[];
  readonly postLogoutRedirectUris: string[];
  readonly backchannelLogoutUri: string | null;
  readonly jwks: { keys: Record<string, unknown>[] } | null;
  /** `dns:<name>` or `uri:<URI>`. */
  readonly tlsSubject: string | null;
  readonly dpopBound: boolean;
  readonly certificateBound: boolean;
  readonly idTokenAlgorithm: 'RS256' | 'ES256';
  readonly pkce: 'required' | 'optional';
  readonly pushedOnly: boolean;
  readonly secretHash: string | null;
  /** The hash of the previous secret, which is valid until then. */
  readonly previousHash: string | null;
  readonly previousUntil: Date | null;
}

/** The client, where it, its app and its tenant are in use. The snapshot says which tenant it belongs to. */
export async function readClient(tx: SystemTx, clientId: string): Promise<ClientRow | undefined> {
  if (!isId('client', clientId)) return undefined;
  const [known] = await tx.sql<{ tenant: string }[]>`
    select tenant from snapshot_objects where kind = 'client' and key = ${clientId} and object is not null`;
  if (known === undefined) return undefined;
  return withinTenant(tx, fromIdentity('client', known.tenant), (own) => readOwn(own, clientId));
}

async function readOwn({ sql, tenantUuid }: TenantTx, clientId: string): Promise<ClientRow | undefined> {
  const [row] = await sql<ClientRow[]>`
    select c.id, c.tenant_id as "tenantUuid", a.id as "appId", a.name as "appName",
      a.scopes || a.optional_scopes as "appScopes", c.authentication, c.grant_types as "grantTypes",
      c.redirect_uris as "redirectUris", c.post_logout_redirect_uris as "postLogoutRedirectUris",
      c.backchannel_logout_uri as "backchannelLogoutUri", c.jwks, c.tls_subject as "tlsSubject",
      c.dpop_bound as "dpopBound", c.certificate_bound as "certificateBound",
      c.id_token_signed_response_alg as "idTokenAlgorithm", c.pkce,
      c.require_pushed_authorization_requests as "pushedOnly", c.secret_hash as "secretHash",
      c.secret_previous_hash as "previousHash", c.secret_previous_until as "previousUntil"
    from clients c
      join apps a on a.tenant_id = c.tenant_id and a.id = c.app_id
      join tenants t on t.tenant_id = c.tenant_id
    where c.tenant_id = ${tenantUuid} and c.id = ${clientId} and a.state = 'active'
      and t.suspended_at is null and t.delete_at is null`;
  return row;
}

/** A property of a client's metadata, besides those that are registered for all servers. */
export const pkceProperty = 'tulou_pkce';

interface ClientDeps {
  readonly store: Store;
  readonly clock: Clock;
}

/** Looks clients up for the adapter of an issuer: the platform's knows all, a tenant's those of its own apps. */
export function openClients({
  store,
  clock,
}: ClientDeps): (issuerTenantUuid: string, id: string) => Promise<AdapterPayload | undefined> {
  return async (issuerTenantUuid, id) => {
    const row = await asPlatform(store, 'clients', (tx) => readClient(tx, id));
    const isKnown = row !== undefined && (issuerTenantUuid === nilTenant || issuerTenantUuid === row.tenantUuid);
    return isKnown ? metadataOf(row, clock.now()) : undefined;
  };
}

function metadataOf(row: ClientRow, nowMs: number): AdapterPayload {
  const usesCode = row.grantTypes.includes('authorization_code');
  const secrets = secretsOf(row, nowMs);
  return {
    client_id: row.id,
    client_name: row.appName,
    token_endpoint_auth_method: row.authentication,
    grant_types: row.grantTypes,
    response_types: usesCode ? ['code'] : [],
    redirect_uris: usesCode ? row.redirectUris : [],
    post_logout_redirect_uris: row.postLogoutRedirectUris,
    dpop_bound_access_tokens: row.dpopBound,
    authorization_details_types: [dataDetail],
    tls_client_certificate_bound_access_tokens: row.certificateBound,
    id_token_signed_response_alg: row.idTokenAlgorithm,
    require_pushed_authorization_requests: row.pushedOnly,
    [pkceProperty]: row.pkce,
    ...(row.backchannelLogoutUri === null
      ? {}
      : { backchannel_logout_uri: row.backchannelLogoutUri, backchannel_logout_session_required: true }),
    ...(row.jwks === null ? {} : { jwks: row.jwks }),
    ...(row.tlsSubject === null ? {} : subjectOf(row.tlsSubject)),
    ...(secrets === '' ? {} : { client_secret: secrets }),
  };
}

/** RFC 8705 §2.1.2. */
function subjectOf(subject: string): AdapterPayload {
  const value = subject.slice(4);
  return subject.startsWith('dns:') ? { tls_client_auth_san_dns: value } : { tls_client_auth_san_uri: value };
}

/** The hashes of the secrets that are good now, in place of a secret: `isSecret` knows them. */
function secretsOf({ secretHash, previousHash, previousUntil }: ClientRow, nowMs: number): string {
  const previous = (previousUntil?.getTime() ?? 0) > nowMs ? previousHash : null;
  return [secretHash, previous].filter((hash) => hash !== null).join('.');
}

/** Whether a text is one of the secrets behind a `client_secret` of these clients. */
export function isSecret(hashes: string | undefined, text: string): boolean {
  const hash = sha256(text);
  return (hashes ?? '').split('.').filter((known) => equalHashes(known, hash)).length > 0;
}
