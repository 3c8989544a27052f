/** The platform as an OAuth server, and this command as its client. */
import * as oauth from 'oauth4webapi';
import { networkCode } from '../client.ts';
import type { Login } from '../contexts.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { unreachableFailure } from '../problem.ts';

/** The client that every platform knows. It is public: this program can't keep a secret from its user. */
export const client: oauth.Client = { client_id: 'tulou-cli' };
export const authentication = oauth.None();
/** All that the user may, also when they have closed their browser. */
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

/** Reads what the platform at this address says of itself (RFC 8414): it must call itself by the same address. */
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

/** What is kept of an answer of the token endpoint. */
export function loginOf(tokens: oauth.TokenEndpointResponse, io: Io): Login {
  const { access_token, refresh_token, expires_in = 0 } = tokens;
  if (refresh_token === undefined) throw new Failure('The platform gave no refresh token', { exit: 'failed' });
  return { access_token, refresh_token, expires_at: Math.floor(io.now() / 1000) + expires_in };
}

/** Runs a conversation with the platform, and puts what goes wrong in words. */
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
    const title = code === 'access_denied' ? 'The sign-in was not allowed' : `The platform refused: ${code}`;
    return new Failure(title, { exit: 'denied', ...(detail === undefined ? {} : { detail }) });
  }
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    return new Failure(`${url} does not answer as the platform that has this address`, {
      exit: 'failed',
      detail: error.message,
      help: 'Check the address: it must be the one that the platform calls itself (TULOU_PLATFORM_URL).',
    });
  }
  return unreachableFailure(error, networkCode(error), url);
}
