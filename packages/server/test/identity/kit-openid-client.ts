import * as client from 'openid-client';
import { reach } from './reach.ts';
import type { Kit, OpenKit, Setting, Tokens } from './kits.ts';
import { callback, exchangeGrant } from './world.ts';

const tokensOf = (said: client.TokenEndpointResponse): Tokens => ({
  accessToken: said.access_token,
  refreshToken: said.refresh_token,
  idToken: said.id_token,
  scope: said.scope,
});

function authOf({ proof }: Setting): client.ClientAuth {
  if (proof.kind === 'secret') return client.ClientSecretBasic(proof.secret);
  if (proof.kind === 'key') return client.PrivateKeyJwt({ key: proof.key, kid: proof.kid });
  return proof.kind === 'certificate' ? client.TlsClientAuth() : client.None();
}

export const openIdClient: OpenKit = async (setting): Promise<Kit> => {
  const { issuer, clientId, proof } = setting;
  const seen: Record<string, string> = proof.kind === 'certificate' ? { 'client-cert': `:${proof.certificate}:` } : {};
  const fetching: client.CustomFetch = (url, options) =>
    reach(url, { ...options, headers: { ...options.headers, ...seen } });
  const config = await client.discovery(new URL(issuer.issuer), clientId, undefined, authOf(setting), {
    [client.customFetch]: fetching,
    execute: [client.allowInsecureRequests],
  });
  const options =
    setting.bound === true ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair()) } : {};
  return {
    metadata: { ...config.serverMetadata() },
    async signIn({ scope, resource, pushed = false, details, browser }) {
      const verifier = client.randomPKCECodeVerifier();
      const [state, nonce] = [client.randomState(), client.randomNonce()];
      const indicator: Record<string, string> = resource === undefined ? {} : { resource };
      const parameters = {
        redirect_uri: callback,
        scope,
        state,
        nonce,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        ...indicator,
        ...(details === undefined ? {} : { authorization_details: JSON.stringify(details) }),
      };
      const url = pushed
        ? await client.buildAuthorizationUrlWithPAR(config, parameters, options)
        : client.buildAuthorizationUrl(config, parameters);
      const { url: back } = await browser.open(url.href);
      const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
      return tokensOf(await client.authorizationCodeGrant(config, new URL(back), checks, indicator, options));
    },
    refresh: async (token, resource) => tokensOf(await client.refreshTokenGrant(config, token, { resource }, options)),
    forItself: async (resource, scope) =>
      tokensOf(
        await client.clientCredentialsGrant(config, { resource, ...(scope === undefined ? {} : { scope }) }, options),
      ),
    async byDevice(scope, resource, connect) {
      const device = await client.initiateDeviceAuthorization(config, { scope, resource });
      await connect(device.verification_uri, device.user_code);
      const polled = { ...device, interval: 0.01 };
      return tokensOf(await client.pollDeviceAuthorizationGrant(config, polled, { resource }, options));
    },
    async exchange(token, scope) {
      const type = 'urn:ietf:params:oauth:token-type:access_token';
      const body = { subject_token: token, subject_token_type: type, scope };
      return tokensOf(await client.genericGrantRequest(config, exchangeGrant, body, options));
    },
    introspect: (token) => client.tokenIntrospection(config, token),
    revoke: (token) => client.tokenRevocation(config, token),
    userInfo: (token, subject) => client.fetchUserInfo(config, token, subject, options),
    logoutUrl: (idToken, to, state) =>
      client.buildEndSessionUrl(config, { id_token_hint: idToken, post_logout_redirect_uri: to, state }).href,
  };
};
