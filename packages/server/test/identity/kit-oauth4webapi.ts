import assert from 'node:assert/strict';
import * as oauth from 'oauth4webapi';
import { reach, type Init } from './reach.ts';
import type { CodeRequest, Kit, OpenKit, Setting, Tokens } from './kits.ts';
import { callback, exchangeGrant } from './world.ts';

/** The client, and what each of its requests is made with. */
interface Session {
  readonly as: oauth.AuthorizationServer;
  readonly client: oauth.Client;
  readonly auth: oauth.ClientAuth;
  readonly plain: typeof insecure & { readonly [oauth.customFetch]: Fetching };
  readonly bound: Session['plain'] & { readonly DPoP?: oauth.DPoPHandle };
}

type Fetching = (url: string, init: Init) => Promise<Response>;

const insecure = { [oauth.allowInsecureRequests]: true } as const;

const tokensOf = (said: oauth.TokenEndpointResponse): Tokens => ({
  accessToken: said.access_token,
  refreshToken: said.refresh_token,
  idToken: said.id_token,
  scope: said.scope,
});

function authOf({ proof }: Setting): oauth.ClientAuth {
  if (proof.kind === 'secret') return oauth.ClientSecretBasic(proof.secret);
  if (proof.kind === 'key') return oauth.PrivateKeyJwt({ key: proof.key, kid: proof.kid });
  return proof.kind === 'certificate' ? oauth.TlsClientAuth() : oauth.None();
}

/** By RFC 8414, where the other kit goes by OpenID Connect Discovery. */
async function connect(setting: Setting): Promise<Session> {
  const { proof } = setting;
  const url = new URL(setting.issuer.issuer);
  const seen: Record<string, string> = proof.kind === 'certificate' ? { 'client-cert': `:${proof.certificate}:` } : {};
  const fetching: Fetching = (to, init) =>
    reach(to, { ...init, headers: { ...Object.fromEntries(new Headers(init.headers)), ...seen } });
  const plain = { ...insecure, [oauth.customFetch]: fetching };
  const found = await oauth.discoveryRequest(url, { ...plain, algorithm: 'oauth2' });
  const as = await oauth.processDiscoveryResponse(url, found);
  const client: oauth.Client = { client_id: setting.clientId };
  const session = { as, client, auth: authOf(setting), plain };
  if (setting.bound !== true) return { ...session, bound: plain };
  return { ...session, bound: { ...plain, DPoP: oauth.DPoP(client, await oauth.generateKeyPair('ES256')) } };
}

/** Sends it again where the server first has to say its nonce (RFC 9449 §8). */
async function asked<T>(send: () => Promise<Response>, read: (response: Response) => Promise<T>): Promise<T> {
  try {
    return await read(await send());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return read(await send());
  }
}

async function signIn(session: Session, { scope, resource, pushed, details, browser }: CodeRequest): Promise<Tokens> {
  const { as, client, auth, bound } = session;
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const indicator: Record<string, string> = resource === undefined ? {} : { resource };
  const parameters: Record<string, string> = {
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: callback,
    scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...indicator,
    ...(details === undefined ? {} : { authorization_details: JSON.stringify(details) }),
  };
  const sent = pushed === true ? await push(session, parameters) : parameters;
  const { url: back } = await browser.open(withQuery(as.authorization_endpoint, sent));
  const answer = oauth.validateAuthResponse(as, client, new URL(back), state);
  const options = { ...bound, additionalParameters: indicator };
  const expected = { expectedNonce: nonce, requireIdToken: true };
  const said = await asked(
    () => oauth.authorizationCodeGrantRequest(as, client, auth, answer, callback, verifier, options),
    (response) => oauth.processAuthorizationCodeResponse(as, client, response, expected),
  );
  return tokensOf(said);
}

async function push(
  { as, client, auth, bound }: Session,
  parameters: Record<string, string>,
): Promise<Record<string, string>> {
  const { request_uri } = await asked(
    () => oauth.pushedAuthorizationRequest(as, client, auth, parameters, bound),
    (response) => oauth.processPushedAuthorizationResponse(as, client, response),
  );
  return { client_id: client.client_id, request_uri };
}

function withQuery(endpoint: string | undefined, parameters: Record<string, string>): string {
  assert.ok(endpoint !== undefined);
  return `${endpoint}?${new URLSearchParams(parameters).toString()}`;
}

function refresh({ as, client, auth, bound }: Session, token: string, resource: string) {
  const options = { ...bound, additionalParameters: { resource } };
  return asked(
    () => oauth.refreshTokenGrantRequest(as, client, auth, token, options),
    (response) => oauth.processRefreshTokenResponse(as, client, response),
  );
}

function forItself({ as, client, auth, bound }: Session, resource: string, scope: string | undefined) {
  const parameters = { resource, ...(scope === undefined ? {} : { scope }) };
  return asked(
    () => oauth.clientCredentialsGrantRequest(as, client, auth, parameters, bound),
    (response) => oauth.processClientCredentialsResponse(as, client, response),
  );
}

async function byDevice(
  { as, client, auth, plain, bound }: Session,
  scope: string,
  resource: string,
  meet: (uri: string, code: string) => Promise<void>,
) {
  const begun = await oauth.deviceAuthorizationRequest(as, client, auth, { scope, resource }, plain);
  const device = await oauth.processDeviceAuthorizationResponse(as, client, begun);
  await meet(device.verification_uri, device.user_code);
  const options = { ...bound, additionalParameters: { resource } };
  return asked(
    () => oauth.deviceCodeGrantRequest(as, client, auth, device.device_code, options),
    (response) => oauth.processDeviceCodeResponse(as, client, response),
  );
}

function exchange({ as, client, auth, bound }: Session, token: string, scope: string) {
  const type = 'urn:ietf:params:oauth:token-type:access_token';
  const parameters = { subject_token: token, subject_token_type: type, scope };
  return asked(
    () => oauth.genericTokenEndpointRequest(as, client, auth, exchangeGrant, parameters, bound),
    (response) => oauth.processGenericTokenEndpointResponse(as, client, response),
  );
}

export const oauth4webapi: OpenKit = async (setting): Promise<Kit> => {
  const session = await connect(setting);
  const { as, client, auth, plain, bound } = session;
  return {
    metadata: { ...as },
    signIn: (request) => signIn(session, request),
    refresh: async (token, resource) => tokensOf(await refresh(session, token, resource)),
    forItself: async (resource, scope) => tokensOf(await forItself(session, resource, scope)),
    byDevice: async (scope, resource, meet) => tokensOf(await byDevice(session, scope, resource, meet)),
    exchange: async (token, scope) => tokensOf(await exchange(session, token, scope)),
    async introspect(token) {
      const response = await oauth.introspectionRequest(as, client, auth, token, plain);
      return oauth.processIntrospectionResponse(as, client, response);
    },
    async revoke(token) {
      await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, auth, token, plain));
    },
    userInfo: (token, subject) =>
      asked(
        () => oauth.userInfoRequest(as, client, token, bound),
        (response) => oauth.processUserInfoResponse(as, client, subject, response),
      ),
    logoutUrl(idToken, to, state) {
      const parameters = { client_id: client.client_id, id_token_hint: idToken, post_logout_redirect_uri: to, state };
      return withQuery(as.end_session_endpoint, parameters);
    },
  };
};
