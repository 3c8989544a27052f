/** THE CONFIGURATION of an issuer: what it speaks, RFC 9700 throughout. */
import { errors, type Client, type Configuration, type FindAccount, type KoaContextWithOIDC } from 'oidc-provider';
import { accountClient } from '../clients/account-client.ts';
import { gidOf } from '../artifacts/adapter.ts';
import { pkceProperty } from '../clients/find.ts';
import type { Issuer } from '../issuers/issuer.ts';
import type { SecretKey } from '../keys/rows.ts';
import type { Vault } from '../../kernel/seal.ts';
import { accessTokenSeconds } from '../tokens/life.ts';
import type { GuardedFetch, GuardedInit } from '../outbound/guarded-fetch.ts';
import { certificateOf, isNamed } from './certificates.ts';
import type { RichRequests } from '../clients/details.ts';
import type { Pages } from './pages.ts';
import { acr } from '../tokens/acr.ts';
import { existingGrant, policyOf, signInOf } from './policy.ts';
import type { Resources } from './resources.ts';

export interface ConfigurationParts {
  readonly issuer: Issuer;
  readonly keys: readonly SecretKey[];
  readonly vault: Vault;
  readonly adapter: NonNullable<Configuration['adapter']>;
  readonly findAccount: FindAccount;
  readonly resources: Resources;
  readonly pages: Pages;
  readonly details: RichRequests;
  readonly fetch: GuardedFetch;
}

const minutes = 60;
const days = 24 * 60 * minutes;

/** Seconds. */
const ttl = {
  AccessToken: accessTokenSeconds,
  ClientCredentials: accessTokenSeconds,
  AuthorizationCode: minutes,
  DeviceCode: 10 * minutes,
  IdToken: 60 * minutes,
  Interaction: 60 * minutes,
  Session: 14 * days,
  RefreshToken: 30 * days,
  Grant: 30 * days,
} as const;

export const routes = {
  authorization: '/oauth2/authorize',
  token: '/oauth2/token',
  pushed_authorization_request: '/oauth2/par',
  jwks: '/oauth2/jwks',
  introspection: '/oauth2/introspect',
  revocation: '/oauth2/revoke',
  userinfo: '/oauth2/userinfo',
  code_verification: '/oauth2/device',
  device_authorization: '/oauth2/device/authorize',
  end_session: '/oauth2/end-session',
} as const;

/** The whole configuration of oidc-provider. Its defaults that RFC 9700 forbids are named here, and off. */
export function configurationOf(parts: ConfigurationParts): Configuration {
  const { vault, resources } = parts;
  const { issuer } = parts.issuer;
  const { pages } = parts;
  return {
    adapter: parts.adapter,
    findAccount: parts.findAccount,
    jwks: { keys: parts.keys.map(({ secretJwk }) => ({ ...secretJwk })) as NonNullable<Configuration['jwks']>['keys'] },
    cookies: cookiesFor(issuer, vault),
    routes,
    ttl,
    responseTypes: ['code'],
    scopes: ['openid', 'offline_access', 'profile', 'email'],
    claims: {
      openid: ['sub', 'acr', 'amr', 'auth_time'],
      profile: ['name', 'locale'],
      email: ['email', 'email_verified'],
    },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth', 'none'],
    clientDefaults: { id_token_signed_response_alg: 'ES256', grant_types: [], response_types: [] },
    enabledJWA: {
      // OpenID Connect Core §15.1 makes RS256 mandatory. Access tokens are ES256, whatever a client has chosen here.
      idTokenSigningAlgValues: ['ES256', 'RS256'],
      clientAuthSigningAlgValues: ['ES256', 'EdDSA', 'Ed25519', 'PS256'],
      dPoPSigningAlgValues: ['ES256', 'EdDSA', 'Ed25519'],
    },
    pkce: { required: needsPkce },
    extraClientMetadata: { properties: [pkceProperty] },
    allowOmittingSingleRegisteredRedirectUri: false,
    // OpenID Connect Core §5.4: if there is an access token for it, userinfo returns what the scopes ask for.
    conformIdTokenClaims: true,
    rotateRefreshToken: resources.mayRotate,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    assertJwtClientAuthClaimsAndHeader: (_ctx, claims, _header, client) => judgeAudience(claims['aud'], issuer, client),
    // The URLs are those that clients have registered: where they want to be notified of a logout.
    fetch: (url, init) => parts.fetch(String(url), init as GuardedInit),
    clientBasedCORS: (_ctx, origin, client) =>
      client.clientAuthMethod === 'none' &&
      (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin && origin !== 'null'),
    clients: [accountClient(issuer)],
    acrValues: Object.values(acr),
    loadExistingGrant: existingGrant,
    interactions: { policy: policyOf(resources), url: (_ctx, { uid }) => `/oauth2/interaction/${uid}` },
    extraTokenClaims: async (ctx, token) => {
      const ins = resources.installationOf(ctx);
      const gid = 'grantId' in token && typeof token.grantId === 'string' ? gidOf(token.grantId) : ins;
      const made = { ...(ins === undefined ? {} : { ins }), ...(gid === undefined ? {} : { gid }) };
      return { ...made, ...signInOf(ctx), ...resources.inheritedOf(ctx) };
    },
    renderError: pages.error,
    features: featuresOf(issuer, vault, resources, pages, parts.details),
  };
}

function featuresOf(
  issuer: string,
  vault: Vault,
  resources: Resources,
  pages: Pages,
  details: RichRequests,
): NonNullable<Configuration['features']> {
  return {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
    pushedAuthorizationRequests: { enabled: true },
    dPoP: { enabled: true, nonceSecret: vault.derive(`dpop nonces ${issuer}`), requireNonce: () => true },
    deviceFlow: {
      enabled: true,
      charset: 'base-20',
      mask: '****-****',
      // The page distinguishes devices by their code only: nothing about them is kept.
      deviceInfo: () => ({}),
      userCodeInputSource: pages.deviceInput,
      userCodeConfirmSource: pages.deviceConfirm,
      successSource: pages.deviceDone,
    },
    resourceIndicators: {
      enabled: true,
      defaultResource: resources.fallback,
      useGrantedResource: () => true,
      getResourceServerInfo: resources.info,
    },
    mTLS: {
      enabled: true,
      tlsClientAuth: true,
      certificateBoundAccessTokens: true,
      getCertificate: certificateOf,
      // The proxy whose word is taken has checked who vouches for it (RFC 9440 §4).
      certificateAuthorized: () => true,
      certificateSubjectMatches: isNamed,
    },
    richAuthorizationRequests: details,
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true, logoutSource: pages.logout, postLogoutSuccessSource: pages.loggedOut },
  };
}

/** Names that a neighbour's subdomain can't set (RFC 6265bis `__Host-`), where cookies can be kept to TLS. */
function cookiesFor(issuer: string, vault: Vault): NonNullable<Configuration['cookies']> {
  const secure = issuer.startsWith('https:');
  const options = { httpOnly: true, sameSite: 'lax', secure, signed: true } as const;
  return {
    names: {
      session: secure ? '__Host-tulou_session' : 'tulou_session',
      interaction: secure ? '__Secure-tulou_interaction' : 'tulou_interaction',
      resume: secure ? '__Secure-tulou_resume' : 'tulou_resume',
    },
    long: options,
    short: options,
    keys: [vault.derive(`cookies ${issuer}`).toString('base64url')],
  };
}

/**
 * Without PKCE a code that somebody else has got is of use to them. For a client with authentication that is made to do without,
 * a `nonce` holds the `id_token` to the request instead (RFC 9700 §2.1.1).
 */
function needsPkce({ oidc }: KoaContextWithOIDC, client: Client): boolean {
  const mayOmit = client[pkceProperty] === 'optional' && client.clientAuthMethod !== 'none';
  return !(mayOmit && oidc.params?.['nonce'] !== undefined && oidc.requestParamScopes.has('openid'));
}

/**
 * One client may talk to many issuers: an assertion meant for another one must be of no use here. RFC 9126 §2 has servers accept
 * the issuer and the endpoints; FAPI 2.0 the issuer only, as one string. Clients that FAPI is for are held to that.
 */
function judgeAudience(audience: unknown, issuer: string, client: Client): void {
  const isFapi =
    client.requirePushedAuthorizationRequests === true &&
    (client.dpopBoundAccessTokens === true || client.tlsClientCertificateBoundAccessTokens === true);
  const accepted = [issuer, `${issuer}${routes.token}`, `${issuer}${routes.pushed_authorization_request}`];
  const given: readonly unknown[] = Array.isArray(audience) ? audience : [audience];
  if (isFapi && audience !== issuer)
    throw new errors.InvalidClientAuth('audience (aud) must be the issuer, as one string');
  if (given.length === 0 || !given.every((one) => accepted.some((known) => known === one)))
    throw new errors.InvalidClientAuth('audience (aud) must be the issuer, its token endpoint or its PAR endpoint');
}
