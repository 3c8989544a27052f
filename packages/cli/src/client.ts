/** Calls of the control API: one attempt after another where that is safe, within bounds, and every failure in words. */
import { foreignAnswer, problemFailure, unreachableFailure } from './problem.ts';
import type { Connection } from './connection.ts';
import type { Io } from './io.ts';

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below `/api/v1`, already encoded. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly body?: unknown;
  readonly ifMatch?: string;
  /** One is made for every write that has none, so that it can be sent again. */
  readonly idempotencyKey?: string;
  readonly accept?: string;
  /** Until the content has arrived; two minutes where nothing is said. */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  /** As it came. */
  readonly text: string;
  /** Undefined where there is no content. */
  readonly json: unknown;
  readonly etag: string | undefined;
}

export interface Client {
  call(call: Call): Promise<Answer>;
  /** The answer before its content is read. */
  open(call: Call): Promise<Response>;
}

const attemptsMax = 5;
const firstDelayMs = 200;
const delayMsMax = 10_000;
const answerTimeoutMs = 120_000;

export function openClient(connection: Connection, io: Io): Client {
  return {
    open: async (call) => (await send(call, connection, io, unread)).response,
    call: async (call) => answerOf(await send(call, connection, io, readText)),
  };
}

/** An answer that came, with as much of its content as was asked for. */
interface Received {
  readonly response: Response;
  readonly text: string;
}

type Read = (response: Response) => Promise<string>;
const readText: Read = (response) => response.text();
const unread: Read = () => Promise.resolve('');

function answerOf({ response, text }: Received): Answer {
  const etag = response.headers.get('etag') ?? undefined;
  if (text === '') return { status: response.status, text, json: undefined, etag };
  try {
    return { status: response.status, text, json: JSON.parse(text) as unknown, etag };
  } catch {
    throw foreignAnswer(response, 'failed');
  }
}

async function send(call: Call, connection: Connection, io: Io, read: Read): Promise<Received> {
  const request = requestOf(call, connection, io);
  let { renew } = connection;
  for (let attempt = 1; ; attempt += 1) {
    const result = await attemptOnce(request, io, read);
    if (result.received?.response.ok === true) return result.received;
    if (renew !== undefined && result.received?.response.status === 401) {
      request.init.headers.set('authorization', `Bearer ${await renew(connection.token ?? '')}`);
      renew = undefined;
      continue;
    }
    if (!result.again || attempt === attemptsMax) throw failureOf(result, connection);
    await io.sleep(delayMs(result, attempt, io));
  }
}

interface Attempt {
  readonly received?: Received;
  readonly error?: unknown;
  readonly again: boolean;
}

interface Prepared {
  readonly url: string;
  readonly timeoutMs: number;
  readonly init: RequestInit & { readonly headers: Headers };
}

function requestOf(call: Call, connection: Connection, io: Io): Prepared {
  const headers = new Headers({ accept: call.accept ?? 'application/json', 'user-agent': 'tulou-cli' });
  if (connection.token !== undefined) headers.set('authorization', `Bearer ${connection.token}`);
  if (connection.reason !== undefined) headers.set('tulou-reason', connection.reason);
  if (call.ifMatch !== undefined) headers.set('if-match', call.ifMatch);
  if (call.method !== 'GET') headers.set('idempotency-key', call.idempotencyKey ?? io.uuid());
  if (call.body !== undefined) headers.set('content-type', 'application/json');
  const query = call.query === undefined || call.query.size === 0 ? '' : `?${call.query.toString()}`;
  const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
  // A redirect would take the token to an address that nobody chose.
  const init = { method: call.method, headers, redirect: 'manual', ...body } as const;
  return { url: `${connection.url}/api/v1${call.path}${query}`, init, timeoutMs: call.timeoutMs ?? answerTimeoutMs };
}

/** An error's content is always read. */
async function attemptOnce(request: Prepared, io: Io, read: Read): Promise<Attempt> {
  try {
    const response = await io.fetch(request.url, { ...request.init, signal: AbortSignal.timeout(request.timeoutMs) });
    const text = await (response.ok ? read : readText)(response);
    return { received: { response, text }, again: response.status === 503 };
  } catch (error) {
    return { error, again: isReset(error) };
  }
}

const resetCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

const isReset = (error: unknown): boolean => resetCodes.has(networkCode(error) ?? '');

/** The system's or undici's code of a failed fetch. */
export function networkCode(error: unknown): string | undefined {
  const cause = error instanceof Error ? error.cause : undefined;
  for (const one of [cause, error]) {
    if (one instanceof Error && 'code' in one && typeof one.code === 'string') return one.code;
  }
  return undefined;
}

/** Doubles each time, with jitter; at least what the platform asks for, up to a bound. */
function delayMs(result: Attempt, attempt: number, io: Io): number {
  const asked = Number(result.received?.response.headers.get('retry-after') ?? 0) * 1000;
  const own = firstDelayMs * 2 ** (attempt - 1) * (0.5 + io.random());
  return Math.min(delayMsMax, Math.max(own, Number.isFinite(asked) ? asked : 0));
}

function failureOf({ received, error }: Attempt, connection: Connection): Error {
  if (received === undefined) return unreachableFailure(error, networkCode(error), connection.url);
  return problemFailure(received.response, received.text);
}
