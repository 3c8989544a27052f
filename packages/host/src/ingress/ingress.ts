/** Calls from the gateway: finds the service that the trusted fields name, waits for an instance, and streams both ways. */
import { chmod, mkdir, unlink } from 'node:fs/promises';
import { Agent, createServer, request, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream';
import { errors, Problem, problemBody, type ErrorCode } from '@tulou/contract';
import { ingressFields } from '@tulou/contract/hosting';
import type { Clock } from '../clock.ts';
import { HostError } from '../host-error.ts';
import type { Lease, Outcome } from '../reconcile/runner.ts';
import { forwarded } from './fields.ts';

export interface IngressParts {
  readonly clock: Clock;
  readonly acquire: (service: string, environment: string, signal: AbortSignal) => Promise<Lease>;
}

/** A path for a Unix socket, or a port of the loopback. */
export type IngressAddress = { readonly path: string } | { readonly port: number };

export interface Ingress {
  /** `unix:/…` or `http://127.0.0.1:…`. */
  readonly url: string;
  /** Accepts nothing more and waits for running calls, for at most `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

const headerBytesMax = 64 * 1024;
const retryAfterSeconds = 1;
/** Instances that a call may find ended before it is refused. */
const attemptsMax = 3;

/** The instance ended or its answer was no HTTP. */
const unreachable = (cause: unknown): Problem =>
  new Problem('upstream_unreachable', { detail: 'the instance broke the connection', cause });

export async function openIngress(address: IngressAddress, parts: IngressParts): Promise<Ingress> {
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64, scheduling: 'lifo' });
  const server = createServer({ maxHeaderSize: headerBytesMax, requestTimeout: 0, keepAliveTimeout: 60_000 });
  server.on('request', (call: IncomingMessage, answer: ServerResponse) => void serve(call, answer, agent, parts));
  if ('path' in address) await clearPath(address.path);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if ('path' in address) server.listen(address.path, resolve);
    else server.listen(address.port, '127.0.0.1', resolve);
  });
  const bound = server.address();
  return {
    url: typeof bound === 'object' ? `http://127.0.0.1:${bound?.port ?? 0}` : `unix:${bound}`,
    async stop(graceMs) {
      const closed = new Promise<void>((resolve) => void server.close(() => resolve()));
      server.closeIdleConnections();
      const late = parts.clock.after(graceMs, () => server.closeAllConnections());
      await closed;
      late.cancel();
      agent.destroy();
    },
  };
}

/** The folder decides who may call: any service of any tenant can be named here. */
async function clearPath(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await chmod(dirname(path), 0o700).catch((error: unknown) => {
    throw new HostError(`The folder of ${path} is not the host's own.`, 'Choose a folder for the socket alone.', error);
  });
  await unlink(path).catch(() => undefined);
}

async function serve(call: IncomingMessage, answer: ServerResponse, agent: Agent, parts: IngressParts): Promise<void> {
  const left = new AbortController();
  answer.once('close', () => left.abort());
  const [service, environment] = [fieldOf(call, ingressFields.service), fieldOf(call, ingressFields.environment)];
  try {
    for (let attempts = attemptsMax; ; attempts -= 1) {
      const lease = await parts.acquire(service, environment, left.signal);
      try {
        const status = await forward(call, answer, lease, agent, parts.clock);
        return lease.done(status >= 500 ? 'error' : 'ok');
      } catch (error) {
        lease.done(left.signal.aborted ? 'left' : outcomeOf(error));
        if (!isNotReached(error) || attempts === 1) throw error;
      }
    }
  } catch (error) {
    if (!left.signal.aborted) refuse(call, answer, error);
  }
  return undefined;
}

function outcomeOf(error: unknown): Outcome {
  if (error instanceof Problem && error.code === 'upstream_timeout') return 'late';
  return codeOf(error) === undefined ? 'error' : 'broken';
}

const fieldOf = (call: IncomingMessage, name: string): string => String(call.headers[name] ?? '');

/** Settles with the status when the whole answer is out. */
async function forward(
  call: IncomingMessage,
  answer: ServerResponse,
  lease: Lease,
  agent: Agent,
  clock: Clock,
): Promise<number> {
  for (let attempt = 1; ; attempt += 1) {
    const upstream = open(call, lease, agent);
    try {
      const head = await headOf(call, answer, upstream, lease, clock);
      answer.writeHead(head.statusCode ?? 502, head.statusMessage, forwarded(head.rawHeaders));
      await streamed(head, answer);
      return head.statusCode ?? 502;
    } catch (error) {
      upstream.destroy();
      if (!(attempt === 1 && isStale(upstream, call, error))) throw error;
    }
  }
}

/** An idle connection that the instance closed at the same moment. Nothing was read from the caller yet. */
function isStale(upstream: ClientRequest, call: IncomingMessage, error: unknown): boolean {
  const code = codeOf(error);
  const isSafe = call.method === 'GET' || call.method === 'HEAD';
  return upstream.reusedSocket && isSafe && !hasBody(call) && (code === 'ECONNRESET' || code === 'EPIPE');
}

/** No process listens there: it has ended, and the driver has not said so yet. */
const isNotReached = (error: unknown): boolean => ['ECONNREFUSED', 'ENOENT'].includes(codeOf(error) ?? '');

function codeOf(error: unknown): string | undefined {
  const cause = error instanceof Problem ? error.cause : error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

function open(call: IncomingMessage, lease: Lease, agent: Agent): ClientRequest {
  const headers = forwarded(call.rawHeaders);
  if (call.headers['transfer-encoding'] !== undefined) headers.push('transfer-encoding', 'chunked');
  return request({
    ...{ socketPath: lease.socketPath, agent, method: call.method ?? 'GET', path: call.url ?? '/' },
    headers: headers as unknown as Record<string, string>,
  });
}

/** Sends the request and waits for the head of the answer. */
async function headOf(
  call: IncomingMessage,
  answer: ServerResponse,
  upstream: ClientRequest,
  { revision }: Lease,
  clock: Clock,
): Promise<IncomingMessage> {
  const { request_timeout_ms: timeoutMs } = revision.limits;
  const head = Promise.withResolvers<IncomingMessage>();
  const late = clock.after(timeoutMs, () =>
    head.reject(new Problem('upstream_timeout', { detail: `the service did not answer within ${timeoutMs} ms` })),
  );
  const leave = (): void => head.reject(new Error('the caller has ended the call'));
  upstream.once('response', head.resolve);
  // Also after the head: an instance that ends then breaks the answer, which is noticed there.
  upstream.on('error', (error) => head.reject(unreachable(error)));
  answer.once('close', leave);
  // Not before there is a connection: until then, the call may still go to another instance.
  if (hasBody(call)) whenConnected(upstream, () => pipeline(call, upstream, () => undefined));
  else upstream.end();
  try {
    return await head.promise;
  } finally {
    late.cancel();
    answer.off('close', leave);
  }
}

function whenConnected(upstream: ClientRequest, begin: () => void): void {
  upstream.once('socket', (socket) => {
    if (socket.connecting) socket.once('connect', begin);
    else begin();
  });
}

/** A broken answer breaks the connection to the gateway too: its reader must not take a part for the whole. */
const streamed = (head: IncomingMessage, answer: ServerResponse): Promise<void> =>
  new Promise((resolve, reject) => {
    pipeline(head, answer, (error) => (error == null ? resolve() : reject(unreachable(error))));
  });

function refuse(call: IncomingMessage, answer: ServerResponse, error: unknown): void {
  const problem = error instanceof Problem ? error : new Problem('internal', { cause: error });
  if (answer.headersSent) return void answer.destroy();
  const { status } = errors[problem.code];
  const body = JSON.stringify(problemBody(problem.code satisfies ErrorCode, problem.detail));
  answer.writeHead(status, {
    'content-type': 'application/problem+json',
    'content-length': Buffer.byteLength(body),
    ...(status === 503 ? { 'retry-after': String(retryAfterSeconds) } : {}),
    // The rest of the request is not read.
    ...(hasBody(call) ? { connection: 'close' } : {}),
  });
  answer.end(call.method === 'HEAD' ? undefined : body);
  return undefined;
}
