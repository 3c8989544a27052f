/**
 * For services: who calls, by the `Tulou-Assertion` that the gateway signs for each call. The fields next to it say the same,
 * but anybody who reaches the service can send those.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createRemoteJWKSet, customFetch, errors, jwtVerify, type JWTPayload } from 'jose';
import { defaultSystem, type System } from './system.ts';

/** The caller, as the gateway asserts it. */
export interface Caller {
  /** Id of the tenant that calls; undefined for a call without a credential to an open version. */
  readonly tenant: string | undefined;
  readonly app: string | undefined;
  /** Where the call is made for a tenant that has installed the app. */
  readonly installation: string | undefined;
  /** The person for whom the app acts, if any. */
  readonly user: string | undefined;
  readonly plan: string | undefined;
  readonly subscription: string | undefined;
  /** Scopes of this call, by the names that the API gives them. */
  readonly scopes: readonly string[];
  /** Scopes that are held for some of the data only, and for which: a service that lets a scope be limited holds the call to it. */
  readonly only: Readonly<Record<string, readonly string[]>>;
}

/** `status` 401: the call has no assertion that is good here. 503: the keys are not known and cannot be read. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError';
  readonly status: 401 | 503;

  constructor(status: 401 | 503, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
  }
}

export interface AssertionOptions {
  /** Origin of the platform: it issues assertions, and publishes the keys of its gateways. */
  readonly platformUrl: string;
  /** `<tenant slug>/<api slug>` of this service: an assertion for another API is worth nothing here. */
  readonly audience: string;
  readonly system?: Partial<System>;
}

export interface Assertions {
  /** Throws an AssertionError for whatever is not an assertion for this service, of now. */
  verify(assertion: string | null | undefined): Promise<Caller>;
}

const keysPath = '/.well-known/tulou/assertion-keys.json';
const keysAgeMsMax = 12 * 3_600_000;
/** A key that is not known has the set read again, but not more often than this. */
const keysCooldownMs = 2000;
const keysTimeoutMs = 3000;
/** The gateway's own are good for 120 s. */
const ageSecondsMax = 300;
const clockToleranceSeconds = 5;

/** Keys are read at the first call and kept, so that calls go on while the platform is down. */
export function openAssertions({ platformUrl, audience, system = {} }: AssertionOptions): Assertions {
  const { fetch, now } = { ...defaultSystem, ...system };
  const issuer = new URL(platformUrl).origin;
  const keys = createRemoteJWKSet(new URL(keysPath, issuer), {
    cacheMaxAge: keysAgeMsMax,
    cooldownDuration: keysCooldownMs,
    timeoutDuration: keysTimeoutMs,
    [customFetch]: fetch,
  });
  const rules = { algorithms: ['EdDSA'], issuer, audience, requiredClaims: ['exp', 'iat'] };
  return {
    async verify(assertion) {
      if (assertion === null || assertion === undefined || assertion === '')
        throw new AssertionError(401, 'The call has no Tulou-Assertion: call through the gateway.');
      try {
        const times = {
          maxTokenAge: ageSecondsMax,
          clockTolerance: clockToleranceSeconds,
          currentDate: new Date(now()),
        };
        return callerOf((await jwtVerify(assertion, keys, { ...rules, ...times })).payload);
      } catch (error) {
        if (isAboutKeys(error)) throw new AssertionError(503, 'The keys of the gateways cannot be read.', error);
        throw new AssertionError(401, 'The Tulou-Assertion is not valid for this service.', error);
      }
    },
  };
}

function callerOf(claims: JWTPayload): Caller {
  const text = (name: string): string | undefined => {
    const value = claims[name];
    if (value === undefined || typeof value === 'string') return value;
    throw new TypeError(`the claim ${name} is no text`);
  };
  return {
    tenant: text('tenant'),
    app: text('app'),
    installation: text('installation'),
    user: text('user'),
    plan: text('plan'),
    subscription: text('subscription'),
    scopes: (text('scopes') ?? '').split(' ').filter((scope) => scope !== ''),
    only: onlyIn(claims['authorization_details']),
  };
}

/** RFC 9396, of the one type that the gateway passes on. Throws a TypeError for what it can't read: it would be a limit that is lost. */
function onlyIn(details: unknown = []): Record<string, readonly string[]> {
  const only: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  if (!Array.isArray(details)) throw new TypeError('the claim authorization_details is no list');
  for (const one of details as readonly unknown[]) {
    const { type, actions, identifier } = (one ?? {}) as Record<string, unknown>;
    if (type !== 'tulou_data' || !Array.isArray(actions) || typeof identifier !== 'string')
      throw new TypeError('the claim authorization_details says what is not known');
    for (const scope of actions) (only[String(scope)] ??= []).push(identifier);
  }
  return only;
}

/** A key that is not in the set is the call's fault; a set that cannot be had is not. */
function isAboutKeys(error: unknown): boolean {
  if (error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid) return true;
  if (error instanceof errors.JOSEError) return error.code === 'ERR_JOSE_GENERIC';
  return error instanceof TypeError && error.cause !== undefined;
}

/** A handler in the style of `fetch` behind the assertion: what has none is answered here, with a problem (RFC 9457). */
export function forCallers(
  assertions: Assertions,
  handler: (request: Request, caller: Caller) => Response | Promise<Response>,
): (request: Request) => Promise<Response> {
  return async (request) => {
    try {
      return await handler(request, await assertions.verify(request.headers.get('tulou-assertion')));
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error;
      const { status, headers, body } = refusal(error);
      return new Response(body, { status, headers });
    }
  };
}

/** The same for `node:http`. An error of the handler is passed on unchanged. */
export function forNodeCallers(
  assertions: Assertions,
  handler: (request: IncomingMessage, response: ServerResponse, caller: Caller) => void | Promise<void>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  return async (request, response) => {
    const { 'tulou-assertion': given } = request.headers;
    const caller = await assertions
      .verify(typeof given === 'string' ? given : undefined)
      .catch((error: unknown) => (error instanceof AssertionError ? error : Promise.reject(error as Error)));
    if (!(caller instanceof AssertionError)) return handler(request, response, caller);
    const { status, headers, body } = refusal(caller);
    response.writeHead(status, { ...headers, 'content-length': new TextEncoder().encode(body).length }).end(body);
    return undefined;
  };
}

function refusal({ status, message }: AssertionError): {
  status: number;
  headers: Record<string, string>;
  body: string;
} {
  const title = status === 401 ? 'The call does not come through the gateway' : 'This service cannot tell who calls';
  return {
    status,
    headers: { 'content-type': 'application/problem+json', ...(status === 503 ? { 'retry-after': '2' } : {}) },
    body: JSON.stringify({ type: 'about:blank', title, status, detail: message }),
  };
}
