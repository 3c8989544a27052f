/** The platform as an OAuth server, and this command as its client. */
import * as oauth from 'oauth4webapi';
import type { Login } from '../contexts.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { say } from '../language/say.ts';
import { networkCode, unreachableFailure } from '../problem.ts';

/** The client that every platform knows. It is public: this program can't keep a secret from its user. */
export const client: oauth.Client = { client_id: 'tulou-cli' };
export const authentication = oauth.None();
/** All rights of the user, also after they have closed their browser. */
export const scope = 'control offline_access';

const timeoutMs = 30_000;

export interface Issuer {
  readonly as: oauth.AuthorizationServer;
  /** The control API (RFC 8707). */
  readonly resource: string;
  /** For each request. */
  readonly options: () => Options;
}

type Fetched = oauth.CustomFetchOptions<string, URLSearchParams | undefined>;

interface Options {
  readonly [oauth.customFetch]: (url: string, init: Fetched) => Promise<Response>;
  readonly [oauth.allowInsecureRequests]: boolean;
  readonly signal: AbortSignal;
}

/** Reads the metadata of the platform (RFC 8414). The issuer in it must be this address. */
export function discover(url: string, io: Io): Promise<Issuer> {
  const insecure = new URL(url).protocol === 'http:';
  const options = (): Options => ({
    [oauth.customFetch]: (target, { body, ...init }) => io.fetch(target, body === undefined ? init : { ...init, body }),
    [oauth.allowInsecureRequests]: insecure,
    signal: AbortSignal.timeout(timeoutMs),
  });
  return speaking(url, async () => {
    const issuer = new URL(url);
    const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...options() });
    const as = await oauth.processDiscoveryResponse(issuer, response);
    return { as, resource: `${as.issuer}/api`, options };
  });
}

/** The part of a token response that is saved. */
export function loginOf(tokens: oauth.TokenEndpointResponse, io: Io): Login {
  const { access_token, refresh_token, expires_in = 0 } = tokens;
  if (refresh_token === undefined) throw new Failure('The platform returned no refresh token', { exit: 'failed' });
  return { access_token, refresh_token, expires_at: Math.floor(io.now() / 1000) + expires_in };
}

/** Runs an exchange with the platform, and turns errors into failures. */
export async function speaking<T>(url: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof Failure ? error : failureOf(error, url);
  }
}

function failureOf(error: unknown, url: string): Failure {
  if (error instanceof oauth.AuthorizationResponseError || error instanceof oauth.ResponseBodyError) {
    const { error: code, error_description: detail } = error;
    const title = code === 'access_denied' ? 'The sign-in was denied' : say`The platform refused: ${code}`;
    return new Failure(title, { exit: 'denied', ...(detail === undefined ? {} : { detail }) });
  }
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    return new Failure(say`${url} is not the address of a Tulou platform`, {
      exit: 'failed',
      detail: error.message,
      help: 'Check the address: it must be the platform’s own public address (TULOU_PLATFORM_URL).',
    });
  }
  return unreachableFailure(error, networkCode(error), url);
}
