/** Signing in as an app does it, with openid-client as it is. */
import * as client from 'openid-client';
import { openBrowser, type Browser } from './browser.ts';
import { callback, type TestClient } from './world.ts';

/** The metadata of the issuer, for this client. */
export function configure(issuer: string, { id }: TestClient, auth: client.ClientAuth): Promise<client.Configuration> {
  return client.discovery(new URL(issuer), id, undefined, auth, { execute: [client.allowInsecureRequests] });
}

export const everything = 'openid acme/orders:read acme/orders:refund acme/orders:admin';

export interface SignIn {
  readonly config: client.Configuration;
  readonly resource: string;
  readonly dpop?: client.DPoPHandle;
  readonly parameters?: Record<string, string>;
  /** The browser of the person who signs in; by default a new one. */
  readonly browser?: Browser;
}

/** Through PAR, the interaction and back, to the tokens. */
export async function signIn({ config, resource, dpop, parameters = {}, browser }: SignIn) {
  const verifier = client.randomPKCECodeVerifier();
  const challenge = await client.calculatePKCECodeChallenge(verifier);
  const state = client.randomState();
  const request = {
    redirect_uri: callback,
    scope: everything,
    resource,
    state,
    code_challenge: challenge,
    code_challenge_method: 'S256',
    ...parameters,
  };
  const options = dpop === undefined ? {} : { DPoP: dpop };
  const url = await client.buildAuthorizationUrlWithPAR(config, request, options);
  const at = browser ?? openBrowser(config.serverMetadata().issuer);
  const page = await at.open(url.href);
  const checks = { pkceCodeVerifier: verifier, expectedState: state };
  return client.authorizationCodeGrant(config, new URL(page.url), checks, { resource }, options);
}

/** For `assert.rejects`: the server said this OAuth error. */
export const refused = (code: string) => (error: unknown) =>
  error instanceof client.ResponseBodyError && error.error === code;
