/**
 * Fetching from where a tenant, a client or a member has said: an identity provider, a client's metadata, a place that
 * wants to know of a logout. The name is resolved once, each address is judged, and what was judged is what is connected
 * to; no redirect is followed; time and size are bounded. Meant for `fetch` options of libraries (openid-client,
 * oauth4webapi, oidc-provider).
 */
import type { LookupAddress } from 'node:dns';
import { lookup as dnsLookup } from 'node:dns/promises';
import { request as httpRequest, type ClientRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { callbackify } from 'node:util';
import { addressGuard, classOf, type AllowedClass } from '../../http/address-guard.ts';
import type { Clock } from '../../kernel/clock.ts';

/** Why nothing was fetched. `message` names neither addresses nor what answered: it may be shown to who gave the URL. */
export class OutboundError extends Error {
  readonly reason: 'refused' | 'unreachable' | 'too_large' | 'timeout' | 'busy';

  constructor(reason: OutboundError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** A part of `fetch`: any status is an answer, redirects too. Rejects with an OutboundError. */
export type GuardedFetch = (url: string | URL, init?: GuardedInit) => Promise<Response>;

export interface GuardedInit {
  readonly method?: string | undefined;
  readonly headers?: RequestInit['headers'];
  readonly body?: string | URLSearchParams | Uint8Array | ArrayBuffer | null | undefined;
  readonly signal?: AbortSignal | null | undefined;
}

/** A host's name → its addresses. */
export type Resolve = (host: string) => Promise<readonly string[]>;

export interface GuardedFetchOptions {
  /** Classes of addresses that the operator allows (TULOU_UPSTREAM_ALLOW). */
  readonly allow: readonly AllowedClass[];
  /** Plain http goes to every allowed address, for what carries no secret. */
  readonly plainHttp?: boolean;
  /** From the call to the last byte. */
  readonly timeoutMs?: number;
  /** The limit for the body of an answer. */
  readonly bytesMax?: number;
}

export interface GuardedFetchDeps {
  readonly clock: Clock;
  readonly resolve?: Resolve;
}

const atOnceMax = 100;

const systemResolve: Resolve = async (host) => {
  const found = await dnsLookup(host, { all: true, order: 'verbatim' });
  return found.map(({ address }) => address);
};

/** Opens a fetch with these bounds. https goes to public and allowed addresses; plain http to loopback only, where that is allowed. */
export function openGuardedFetch(
  { allow, plainHttp = false, timeoutMs = 5000, bytesMax = 256 * 1024 }: GuardedFetchOptions,
  { clock, resolve = systemResolve }: GuardedFetchDeps,
): GuardedFetch {
  let running = 0;
  return async (given, init = {}) => {
    if (running >= atOnceMax) throw new OutboundError('busy', 'too many requests to elsewhere are under way');
    running += 1;
    const ending = new AbortController();
    const timer = clock.after(timeoutMs, () =>
      ending.abort(new OutboundError('timeout', `there was no whole answer within ${timeoutMs} ms`)),
    );
    const signal = init.signal ? AbortSignal.any([ending.signal, init.signal]) : ending.signal;
    try {
      const url = judgeUrl(given);
      const guard = guardOf(url.protocol === 'http:' && !plainHttp, allow);
      const message = await send(url, init, lookupOf(resolve, guard, url), signal);
      return await answerOf(message, bytesMax);
    } catch (error) {
      if (signal.aborted) throw signal.reason as Error;
      throw error instanceof OutboundError ? error : unreachable(error);
    } finally {
      timer.cancel();
      running -= 1;
    }
  };
}

const unreachable = (cause: unknown): OutboundError =>
  new OutboundError('unreachable', 'nothing there answers as it should', { cause });

function judgeUrl(given: string | URL): URL {
  const url = URL.parse(String(given));
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:'))
    throw new OutboundError('refused', 'this is no https URL');
  if (url.username !== '' || url.password !== '')
    throw new OutboundError('refused', 'a URL must not hold a user or password');
  return url;
}

type Guard = (address: string) => boolean;

function guardOf(isLoopbackOnly: boolean, allow: readonly AllowedClass[]): Guard {
  const refuses = addressGuard(allow);
  return (address) => {
    const family = isIP(address);
    if (family !== 4 && family !== 6) return false;
    if (isLoopbackOnly && classOf(address, family) !== 'loopback') return false;
    return refuses(address, family) === undefined;
  };
}

/** Judges a literal address immediately: Node does not look those up. */
function lookupOf(resolve: Resolve, guard: Guard, { hostname, protocol }: URL): LookupFunction {
  const refused = new OutboundError(
    'refused',
    `${protocol}//${hostname} leads to where this platform does not connect to`,
  );
  const literal = hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
  if (isIP(literal) !== 0 && !guard(literal)) throw refused;
  const allowedOf = async (host: string): Promise<LookupAddress[]> => {
    const allowed = (await resolve(host)).filter(guard);
    if (allowed.length === 0) throw refused;
    return allowed.map((address) => ({ address, family: isIP(address) }));
  };
  const byCallback = callbackify(allowedOf);
  return (host, _options, done) => byCallback(host, done);
}

function send(url: URL, init: GuardedInit, lookup: LookupFunction, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const body = bodyOf(init.body);
  const headers = new Headers(init.headers);
  headers.set('accept-encoding', 'identity');
  if (!headers.has('user-agent')) headers.set('user-agent', 'Tulou');
  if (init.body instanceof URLSearchParams && !headers.has('content-type'))
    headers.set('content-type', 'application/x-www-form-urlencoded;charset=UTF-8');
  const method = (init.method ?? 'GET').toUpperCase();
  if (body !== undefined || method === 'POST') headers.set('content-length', String(body?.length ?? 0));
  const options: RequestOptions & { readonly autoSelectFamily: true } = {
    method,
    headers: Object.fromEntries(headers),
    // A connection that is used again has been judged for somebody else.
    agent: false,
    // So that `lookup` is asked for all addresses, and they are tried in turn.
    autoSelectFamily: true,
    lookup,
    signal,
  };
  const request: ClientRequest = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options);
  request.on('response', resolve).on('error', reject).end(body);
  return promise;
}

function bodyOf(body: GuardedInit['body']): Buffer | undefined {
  if (body === undefined || body === null) return undefined;
  if (body instanceof ArrayBuffer) return Buffer.from(body);
  return body instanceof Uint8Array ? Buffer.from(body) : Buffer.from(body.toString());
}

const bodiless = new Set([204, 205, 304]);

async function answerOf(message: IncomingMessage, bytesMax: number): Promise<Response> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new OutboundError('too_large', `the answer has more than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  const headers = new Headers();
  for (const [name, values] of Object.entries(message.headersDistinct))
    for (const value of values ?? []) headers.append(name, value);
  const status = message.statusCode ?? 0;
  return new Response(bodiless.has(status) ? null : Buffer.concat(chunks), { status, headers });
}
