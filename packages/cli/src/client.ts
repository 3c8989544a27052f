/** Calls of the control API: repeated if that is safe, within bounds. Every failure is in words. */
import { foreignAnswer, networkCode, problemFailure, unreachableFailure } from './problem.ts';
import type { Failure } from './failure.ts';
import type { Io } from './io.ts';
import type { Text } from './language/say.ts';

/** A platform and a credential for it. */
export interface Connection {
  /** Without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
  readonly reason: string | undefined;
  /** The address and the credential, each with its origin. Never the credential itself. */
  readonly via: Text;
  /** Prints each request to the standard error. */
  readonly isVerbose?: boolean;
  /** For a sign-in: requests another token to replace a refused one. */
  readonly renew?: (refused: string) => Promise<string>;
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** Below `/api/v1`, already encoded. */
  readonly path: string;
  readonly query?: URLSearchParams;
  readonly body?: unknown;
  readonly ifMatch?: string;
  /** Generated for each write that has none, so that it can be repeated. */
  readonly idempotencyKey?: string;
  readonly accept?: string;
  /** Until the content has arrived. */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  /** The content, unchanged. */
  readonly text: string;
  /** Undefined if there is no content. */
  readonly json: unknown;
  readonly etag: string | undefined;
}

export interface Client {
  call(call: Call): Promise<Answer>;
  /** The answer, with its content unread. */
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

/** An answer, with its content if it was to be read. */
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
  const note =
    connection.isVerbose === true
      ? (text: string) => io.stderr.write(`${call.method} ${request.url} ${text}\n`)
      : undefined;
  let { renew } = connection;
  for (let attempt = 1; ; attempt += 1) {
    const result = await attemptOnce(request, io, read);
    note?.(outcomeOf(result));
    if (result.received?.response.ok === true) return result.received;
    if (renew !== undefined && result.received?.response.status === 401) {
      request.init.headers.set('authorization', `Bearer ${await renew(connection.token ?? '')}`);
      renew = undefined;
      continue;
    }
    if (!result.again || attempt === attemptsMax) throw failureOf(result, connection).with({ via: connection.via });
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
  const headers = new Headers({
    accept: call.accept ?? 'application/json',
    'accept-language': io.env.language,
    'user-agent': 'tulou-cli',
  });
  if (connection.token !== undefined) headers.set('authorization', `Bearer ${connection.token}`);
  if (connection.reason !== undefined) headers.set('tulou-reason', connection.reason);
  if (call.ifMatch !== undefined) headers.set('if-match', call.ifMatch);
  if (call.method !== 'GET') headers.set('idempotency-key', call.idempotencyKey ?? io.uuid());
  if (call.body !== undefined) headers.set('content-type', 'application/json');
  const query = call.query === undefined || call.query.size === 0 ? '' : `?${call.query.toString()}`;
  const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
  // A redirect would send the token to an address that the user did not choose.
  const init = { method: call.method, headers, redirect: 'manual', ...body } as const;
  return { url: `${connection.url}/api/v1${call.path}${query}`, init, timeoutMs: call.timeoutMs ?? answerTimeoutMs };
}

/** The content of an error is always read. */
async function attemptOnce(request: Prepared, io: Io, read: Read): Promise<Attempt> {
  try {
    const response = await io.fetch(request.url, { ...request.init, signal: AbortSignal.timeout(request.timeoutMs) });
    const text = await (response.ok ? read : readText)(response);
    return { received: { response, text }, again: isTemporary(response) };
  } catch (error) {
    return { error, again: isReset(error) };
  }
}

/** The platform has no room now, or this caller has sent too much: both say when to come again. */
const isTemporary = ({ status, headers }: Response): boolean =>
  status === 503 || (status === 429 && headers.has('retry-after'));

const resetCodes = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

const isReset = (error: unknown): boolean => resetCodes.has(networkCode(error) ?? '');

/** Doubles each time, with jitter. At least `Retry-After`, within a bound. */
function delayMs(result: Attempt, attempt: number, io: Io): number {
  const asked = Number(result.received?.response.headers.get('retry-after') ?? 0) * 1000;
  const own = firstDelayMs * 2 ** (attempt - 1) * (0.5 + io.random());
  return Math.min(delayMsMax, Math.max(own, Number.isFinite(asked) ? asked : 0));
}

/** For `--verbose`: the status and the request ID, or the reason why there was no answer. */
function outcomeOf({ received, error }: Attempt): string {
  if (received === undefined) return networkCode(error) ?? String(error);
  const { status, headers } = received.response;
  return `${status} ${headers.get('tulou-request-id') ?? ''}`.trim();
}

function failureOf({ received, error }: Attempt, connection: Connection): Failure {
  if (received === undefined) return unreachableFailure(error, networkCode(error), connection.url);
  const failure = problemFailure(received.response, received.text);
  return failure.facts.code === 'unauthenticated' ? failure.with({ help: credentialHelp(connection) }) : failure;
}

/** The remedy of the platform is for programs that build requests. */
const credentialHelp = ({ token }: Connection): Text =>
  token === undefined
    ? 'No credential was found for this platform. Run "tulou login", or give "--token-file FILE", "--data DIR" or TULOU_TOKEN.'
    : 'The credential is unknown, expired or revoked. Run "tulou login", or give another one with "--token-file FILE", "--data DIR" or TULOU_TOKEN.';
