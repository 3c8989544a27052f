/** For apps: tokens for the tenants that have installed the app, got when needed, kept, and renewed in time. */
import { base64url, sha256 } from './proof.ts';
import { defaultSystem, type System } from './system.ts';
import { openTokenEndpoint, TokenError } from './tokens.ts';
import type { AccessToken, ClientFacts, Granted, TokenEndpoint } from './tokens.ts';

export interface ClientOptions extends ClientFacts {
  readonly system?: Partial<System>;
}

/** Tokens of one grant. */
export interface TokenSource {
  /** A token that has not expired. Concurrent calls share one request. Throws a TokenError. */
  token(): Promise<AccessToken>;
  /** `fetch` with the token; once more with a new one if the gateway reports that this one has expired. */
  readonly fetch: typeof fetch;
}

export interface InstallationOptions {
  /** Full names; by default all that the installation grants. */
  readonly scopes?: readonly string[];
}

export interface UserOptions {
  /** The refresh token of the last answer, as the app has stored it. */
  readonly refreshToken: string;
  /** The tenant for which the person acts, as when they agreed. */
  readonly tenant: string;
  /** Called before a new token is used, with the next refresh token. Store it: the last one is used up. */
  readonly keep: (refreshToken: string) => void | Promise<void>;
}

export interface SignInWish {
  /** As registered with the client. */
  readonly redirectUri: string;
  readonly tenant: string;
  readonly scopes: readonly string[];
}

/** The state that the session of the person must keep until the browser returns. */
export interface SignInBegun extends SignInWish {
  readonly state: string;
  readonly verifier: string;
}

export interface SignedIn {
  readonly access: AccessToken;
  /** For `user`. Undefined where the client may not refresh. */
  readonly refreshToken: string | undefined;
}

export interface AppClient {
  /** Tokens of the app itself, for a tenant (id or slug) that has installed it. Equal arguments return the same source. */
  installation(tenant: string, options?: InstallationOptions): TokenSource;
  /** Tokens of a person who has agreed that the app acts for them. One source for one refresh token: two would use it twice. */
  user(options: UserOptions): TokenSource;
  /** The address for the person's browser, and the state to keep meanwhile. */
  beginSignIn(wish: SignInWish): Promise<{ readonly url: string; readonly begun: SignInBegun }>;
  /** The tokens, from the address to which the browser returned. Throws a TokenError if the person did not agree. */
  finishSignIn(cameBackTo: string, begun: SignInBegun): Promise<SignedIn>;
}

export function openClient({ system: given = {}, ...facts }: ClientOptions): AppClient {
  const system: System = { ...defaultSystem, ...given };
  const endpoint = openTokenEndpoint(facts, system);
  const installations = new Map<string, TokenSource>();
  return {
    installation(tenant, { scopes = [] } = {}) {
      const scope = scopes.toSorted().join(' ');
      const key = `${tenant} ${scope}`;
      const known = installations.get(key);
      if (known !== undefined) return known;
      const parameters = { grant_type: 'client_credentials', resource: resourceOf(tenant), ...(scope && { scope }) };
      const source = openSource(async () => (await endpoint.request(parameters)).access, endpoint, system);
      installations.set(key, source);
      return source;
    },
    user({ refreshToken: first, tenant, keep }) {
      let refreshToken = first;
      const refresh = async (): Promise<AccessToken> => {
        const resource = resourceOf(tenant);
        const parameters = { grant_type: 'refresh_token', refresh_token: refreshToken, resource };
        const granted = await endpoint.request(parameters);
        refreshToken = granted.refreshToken ?? refreshToken;
        await keep(refreshToken);
        return granted.access;
      };
      return openSource(refresh, endpoint, system);
    },
    beginSignIn: (wish) => beginSignIn(wish, facts.clientId, endpoint, system),
    finishSignIn: (cameBackTo, begun) => finishSignIn(cameBackTo, begun, endpoint),
  };
}

const resourceOf = (tenant: string): string => `urn:tulou:tenant:${tenant}`;

/** A token that ends so soon may end on its way. */
const marginMs = 20_000;

function openSource(request: () => Promise<AccessToken>, endpoint: TokenEndpoint, system: System): TokenSource {
  let kept: AccessToken | undefined;
  let pending: Promise<AccessToken> | undefined;
  const token = (over?: AccessToken): Promise<AccessToken> => {
    if (kept !== undefined && kept !== over && kept.expiresAtMs - marginMs > system.now()) return Promise.resolve(kept);
    pending ??= request()
      .then((got) => (kept = got))
      .finally(() => (pending = undefined));
    return pending;
  };
  const send = async (request: Request, { text, type }: AccessToken): Promise<Response> => {
    const headers = new Headers(request.headers);
    headers.set('authorization', `${type} ${text}`);
    if (type === 'DPoP' && endpoint.prover !== undefined)
      headers.set('dpop', await endpoint.prover.prove(request.method, request.url, text));
    return system.fetch(new Request(request, { headers }));
  };
  return {
    token: () => token(),
    async fetch(input, init) {
      const request = new Request(input, init);
      const again = canRepeat(request, init) ? request.clone() : undefined;
      const first = await token();
      const answer = await send(request, first);
      // A nonce that comes with any answer is for the next one, this request's second try or not.
      const hasNewNonce = endpoint.prover?.learn(request.url, answer) === true;
      if (again === undefined) return answer;
      if (hasNewNonce) return send(again, first);
      return isOver(answer) ? send(again, await token(first)) : answer;
    },
  };
}

/** Content is sent a second time only where it is at hand: a stream flows once. */
const canRepeat = ({ body }: Request, init: RequestInit | undefined): boolean =>
  body === null || (init?.body !== undefined && init.body !== null && !(init.body instanceof ReadableStream));

/** RFC 6750 §3.1: the token is expired, revoked or malformed, and the call was not made. */
const isOver = ({ status, headers }: Response): boolean =>
  status === 401 && /\berror="invalid_token"/.test(headers.get('www-authenticate') ?? '');

async function beginSignIn(
  wish: SignInWish,
  clientId: string,
  { metadata, prover }: TokenEndpoint,
  { unique }: System,
): Promise<{ url: string; begun: SignInBegun }> {
  const { authorization_endpoint: address } = await metadata();
  const [state, verifier] = [await secretFrom(unique), await secretFrom(unique)];
  const query = new URLSearchParams({
    client_id: clientId,
    response_type: 'code',
    redirect_uri: wish.redirectUri,
    scope: wish.scopes.join(' '),
    resource: resourceOf(wish.tenant),
    state,
    code_challenge: await sha256(verifier),
    code_challenge_method: 'S256',
    ...(prover === undefined ? {} : { dpop_jkt: await prover.thumbprint() }),
  });
  return { url: `${address}?${query.toString()}`, begun: { ...wish, state, verifier } };
}

/** 256 bits that are unique and cannot be guessed, as the 43 characters that RFC 7636 §4.1 asks for at least. */
async function secretFrom(unique: () => string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(unique() + unique() + unique()));
  return base64url(new Uint8Array(digest));
}

async function finishSignIn(
  cameBackTo: string,
  { redirectUri, tenant, state, verifier }: SignInBegun,
  { metadata, request }: TokenEndpoint,
): Promise<SignedIn> {
  const { searchParams: query } = new URL(cameBackTo);
  const { issuer } = await metadata();
  // Each exactly once: of two, others may read the other one.
  const only = (name: string): string | undefined =>
    query.getAll(name).length > 1 ? undefined : (query.get(name) ?? undefined);
  if (only('state') !== state) throw new TokenError('state_mismatch', 'this is not the answer to what was begun');
  // RFC 9207 §2.4: another issuer's answer must not be redeemed here.
  if (only('iss') !== issuer) throw new TokenError('issuer_mismatch', 'this is the answer of another issuer');
  const code = only('code');
  if (code === undefined)
    throw new TokenError(only('error') ?? 'invalid_request', only('error_description') ?? 'there is no code in it');
  const parameters = {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: redirectUri,
    resource: resourceOf(tenant),
  };
  const { access, refreshToken }: Granted = await request(parameters);
  return { access, refreshToken };
}
