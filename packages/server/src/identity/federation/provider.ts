/** A tenant's identity provider, as we are its client: discovery, code with PKCE, ID token; all of it through the guarded fetch. */
import * as client from 'openid-client';
import type { Clock } from '../../kernel/clock.ts';
import type { GuardedFetch, GuardedInit } from '../outbound/guarded-fetch.ts';
import type { Connection } from './connections.ts';

/** The state that is kept between the redirect to the provider and the return. */
export interface Trip {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

/** The identity that the provider asserts. */
export interface Asserted {
  readonly subject: string;
  readonly email: string | undefined;
  readonly emailVerified: boolean;
  readonly name: string | undefined;
}

export interface Providers {
  /** Where to send the browser. Rejects where the provider can't be reached or says what it must not. */
  leave(
    connection: Connection,
    redirectUri: string,
    fresh: boolean,
  ): Promise<{ readonly to: URL; readonly trip: Trip }>;
  /** Reads what the browser brought back. Rejects where any of it is not right. */
  arrive(connection: Connection, returned: URL, trip: Trip): Promise<Asserted>;
}

const keptMs = 5 * 60_000;
const keptMax = 200;
const seconds = 5;

interface Kept {
  readonly config: Promise<client.Configuration>;
  readonly changedAt: number;
  readonly untilMs: number;
}

export function openProviders({ fetch, clock }: { readonly fetch: GuardedFetch; readonly clock: Clock }): Providers {
  const kept = new Map<string, Kept>();
  const configOf = (connection: Connection): Promise<client.Configuration> => {
    const known = kept.get(connection.id);
    const changedAt = connection.changedAt.getTime();
    if (known !== undefined && known.changedAt === changedAt && known.untilMs > clock.monotonic()) return known.config;
    const config = discover(connection, fetch);
    kept.delete(connection.id);
    for (const oldest of kept.keys()) if (kept.size >= keptMax) kept.delete(oldest);
    kept.set(connection.id, { config, changedAt, untilMs: clock.monotonic() + keptMs });
    // A failed discovery is not kept: the next call tries again.
    config.catch(() => kept.get(connection.id)?.config === config && kept.delete(connection.id));
    return config;
  };
  return {
    async leave(connection, redirectUri, fresh) {
      const config = await configOf(connection);
      const trip = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        verifier: client.randomPKCECodeVerifier(),
      };
      const to = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid email profile',
        state: trip.state,
        nonce: trip.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(trip.verifier),
        code_challenge_method: 'S256',
        ...(fresh ? { prompt: 'login' } : {}),
      });
      return { to, trip };
    },
    async arrive(connection, returned, { state, nonce, verifier }) {
      const config = await configOf(connection);
      const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier, idTokenExpected: true };
      const tokens = await client.authorizationCodeGrant(config, returned, checks);
      const claims = tokens.claims();
      if (claims === undefined) throw new Error('the provider gave no ID token');
      const said = claims['email'] === undefined ? await more(config, tokens.access_token, claims.sub) : claims;
      return {
        subject: claims.sub,
        email: textOf(said['email']),
        emailVerified: said['email_verified'] === true,
        name: textOf(said['name'] ?? claims['name']),
      };
    },
  };
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value.trim().slice(0, 254) : undefined;

/** Some providers return the address only at their userinfo endpoint. */
async function more(
  config: client.Configuration,
  accessToken: string,
  subject: string,
): Promise<Readonly<Record<string, unknown>>> {
  if (config.serverMetadata().userinfo_endpoint === undefined) return {};
  return client.fetchUserInfo(config, accessToken, subject);
}

function discover({ issuer, clientId, clientSecret }: Connection, fetch: GuardedFetch): Promise<client.Configuration> {
  const auth = clientSecret === undefined ? client.None() : client.ClientSecretBasic(clientSecret);
  const url = new URL(issuer);
  return client.discovery(url, clientId, {}, auth, {
    [client.customFetch]: (to, options) => fetch(to, initOf(options)),
    timeout: seconds,
    // An ID token that came over TLS is held to its signature too. Plain http leads to this machine only: the fetch sees to it.
    execute: [client.enableNonRepudiationChecks, ...(url.protocol === 'http:' ? [client.allowInsecureRequests] : [])],
  });
}

function initOf({ body, headers, method, signal }: client.CustomFetchOptions): GuardedInit {
  if (body instanceof ReadableStream) throw new TypeError('a stream is not sent');
  return { body, headers, method, signal };
}
