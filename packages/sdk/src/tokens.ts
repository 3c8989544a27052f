/** The platform's token endpoint, as an app's client speaks with it. */
import { SignJWT, type CryptoKey } from 'jose';
import { openProver, type ProofKey, type Prover } from './proof.ts';
import type { System } from './system.ts';

/** How the client shows that it is itself. */
export type Authentication =
  | { readonly secret: string }
  /** For `private_key_jwt`: `algorithm` as in the client's JWK, for example `ES256` or `EdDSA`. */
  | { readonly privateKey: CryptoKey; readonly keyId?: string; readonly algorithm: string }
  /** A public client. */
  | 'none';

export interface ClientFacts {
  readonly platformUrl: string;
  readonly clientId: string;
  readonly authentication: Authentication;
  /** Binds tokens to this key (DPoP). */
  readonly proofKey?: ProofKey;
}

export interface AccessToken {
  readonly text: string;
  readonly type: 'Bearer' | 'DPoP';
  readonly scopes: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly expiresAtMs: number;
}

export interface Granted {
  readonly access: AccessToken;
  readonly refreshToken: string | undefined;
}

/** `code` is the platform's: `invalid_grant`, `invalid_target`, … (RFC 6749 §5.2); `unreachable` where it did not answer as one. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly code: string;

  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
  }
}

export interface Metadata {
  readonly issuer: string;
  readonly token_endpoint: string;
  readonly authorization_endpoint: string;
}

export interface TokenEndpoint {
  /** Asks for tokens. Throws a TokenError. */
  request(parameters: Readonly<Record<string, string>>): Promise<Granted>;
  metadata(): Promise<Metadata>;
  readonly prover: Prover | undefined;
}

const timeoutMs = 10_000;
const assertionLifeSeconds = 60;

export function openTokenEndpoint(facts: ClientFacts, system: System): TokenEndpoint {
  const issuer = new URL(facts.platformUrl).origin;
  const prover = facts.proofKey === undefined ? undefined : openProver(facts.proofKey, system);
  let known: Promise<Metadata> | undefined;
  const metadata = (): Promise<Metadata> => {
    known ??= readMetadata(issuer, system).catch((error: unknown) => {
      known = undefined;
      throw error;
    });
    return known;
  };
  return {
    metadata,
    prover,
    async request(parameters) {
      const { token_endpoint: url } = await metadata();
      const answer = await send(url, parameters, issuer, facts, prover, system);
      const { response, body } =
        prover?.learn(url, answer.response) === true
          ? await send(url, parameters, issuer, facts, prover, system)
          : answer;
      if (!response.ok) throw refusedBy(response, body);
      return grantedFrom(body, system.now());
    },
  };
}

interface Answer {
  readonly response: Response;
  readonly body: Readonly<Record<string, unknown>>;
}

async function send(
  url: string,
  parameters: Readonly<Record<string, string>>,
  issuer: string,
  facts: ClientFacts,
  prover: Prover | undefined,
  system: System,
): Promise<Answer> {
  const { clientId, authentication } = facts;
  const headers = new Headers({ accept: 'application/json' });
  const body = new URLSearchParams(parameters);
  if (authentication === 'none') body.set('client_id', clientId);
  else if ('secret' in authentication) headers.set('authorization', basic(clientId, authentication.secret));
  else {
    body.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
    body.set('client_assertion', await clientAssertion(clientId, issuer, authentication, system));
  }
  if (prover !== undefined) headers.set('dpop', await prover.prove('POST', url));
  return ask(url, { method: 'POST', headers, body }, system);
}

/** RFC 6749 §2.3.1: both halves are form-encoded first. */
const basic = (id: string, secret: string): string => `Basic ${btoa([id, secret].map(encodeURIComponent).join(':'))}`;

/** RFC 7523, with the issuer as its one audience: what another issuer is shown is of no use here. */
function clientAssertion(
  clientId: string,
  issuer: string,
  { privateKey, keyId, algorithm }: Exclude<Authentication, 'none' | { secret: string }>,
  { now, unique }: System,
): Promise<string> {
  const iat = Math.floor(now() / 1000);
  return new SignJWT({ iss: clientId, sub: clientId, aud: issuer, jti: unique(), iat, exp: iat + assertionLifeSeconds })
    .setProtectedHeader({ alg: algorithm, ...(keyId === undefined ? {} : { kid: keyId }) })
    .sign(privateKey);
}

async function readMetadata(issuer: string, system: System): Promise<Metadata> {
  const { response, body } = await ask(`${issuer}/.well-known/oauth-authorization-server`, {}, system);
  if (!response.ok) throw refusedBy(response, body);
  const text = (name: keyof Metadata): string => {
    const value = body[name];
    if (typeof value === 'string') return value;
    throw new TokenError('unreachable', `the platform does not name its ${name}`);
  };
  // RFC 8414 §3.3: who calls itself otherwise is somebody else.
  if (text('issuer') !== issuer) throw new TokenError('unreachable', `the platform calls itself ${text('issuer')}`);
  return {
    issuer,
    token_endpoint: text('token_endpoint'),
    authorization_endpoint: text('authorization_endpoint'),
  };
}

async function ask(url: string, init: RequestInit, { fetch }: System): Promise<Answer> {
  try {
    // A redirect would send credentials to an unknown address.
    const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
    const body: unknown = await response.json();
    return { response, body: typeof body === 'object' && body !== null ? { ...body } : {} };
  } catch (error) {
    throw new TokenError('unreachable', `${new URL(url).origin} does not answer as a platform does`, error);
  }
}

function refusedBy({ status }: Response, body: Answer['body']): TokenError {
  const { error, error_description: detail } = body;
  const code = typeof error === 'string' ? error : 'unreachable';
  return new TokenError(code, typeof detail === 'string' ? `${code}: ${detail}` : `${code} (${status})`);
}

function grantedFrom(body: Answer['body'], nowMs: number): Granted {
  const { access_token: text, token_type: type, expires_in: seconds, scope, refresh_token: refreshToken } = body;
  if (typeof text !== 'string' || typeof type !== 'string' || typeof seconds !== 'number')
    throw new TokenError('unreachable', 'the platform gave no token');
  const access: AccessToken = {
    text,
    type: type.toLowerCase() === 'dpop' ? 'DPoP' : 'Bearer',
    scopes: typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : [],
    expiresAtMs: nowMs + seconds * 1000,
  };
  return { access, refreshToken: typeof refreshToken === 'string' ? refreshToken : undefined };
}
