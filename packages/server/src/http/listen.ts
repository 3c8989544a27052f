/** A listener over `node:http`, for everything but the gateway's data path: bounds, request ids, problems, draining. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { AddressInfo } from 'node:net';
import { acceptedLanguage, problemBody } from '@tulou/contract';
import type { Clock } from '../kernel/clock.ts';
import { isOutOfDescriptors, outOfDescriptors } from '../kernel/descriptors.ts';
import type { Log } from '../kernel/log.ts';
import { newId, type Random } from '../kernel/random.ts';
import type { Address } from '../kernel/role.ts';
import { readBody } from './body.ts';
import { discard, isUnread } from './discard.ts';
import type { HttpAnswer, HttpHandler, HttpRequest } from './message.ts';
import { problemAnswer } from './problem.ts';
import { clientOf, introduce, TrustedProxies } from './trusted-proxies.ts';

export interface ListenDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Absent: there are none. */
  readonly proxies?: TrustedProxies;
}

/** A program of its own on this listener, which speaks `node:http` itself (the identity server). */
export interface Mount {
  /** Whether requests for this path (as sent, without the query) are its. */
  owns(path: string): boolean;
  /** Answers; never throws. */
  handle(message: IncomingMessage, response: ServerResponse): void;
}

export interface Listener {
  readonly url: string;
  /** Stops accepting, lets running requests end within the drain bound, then closes. */
  close(): Promise<void>;
}

const bounds = {
  headBytesMax: 16 * 1024,
  fieldsMax: 100,
  headTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveMs: 60_000,
  connectionsMax: 10_000,
  drainMs: 10_000,
  quietMs: 10_000,
} as const;

const securityHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** Listens on an address (port 0: any) and gives every request to `handle`. Rejects where the address can't be had. */
export async function listen(
  address: Address,
  handle: HttpHandler,
  deps: ListenDeps,
  mount?: Mount,
): Promise<Listener> {
  const draining = new AbortController();
  const proxies = deps.proxies ?? new TrustedProxies([]);
  const server = createServer(
    {
      maxHeaderSize: bounds.headBytesMax,
      headersTimeout: bounds.headTimeoutMs,
      requestTimeout: bounds.requestTimeoutMs,
      keepAliveTimeout: bounds.keepAliveMs,
    },
    (message, response) => {
      introduce(message, proxies);
      if (mount?.owns(pathOf(message)) === true) return mount.handle(message, response);
      return void serve(message, response, draining.signal, handle, deps);
    },
  );
  server.maxHeadersCount = bounds.fieldsMax;
  server.maxConnections = bounds.connectionsMax;
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end(malformed);
  });
  await listening(server, address);
  // Accepting failed, as when no file descriptor is left: that connection is lost, the process goes on.
  server.on('error', refusalLog(deps));
  return { url: urlOf(server), close: () => close(server, draining, deps.clock) };
}

/** Many connections can fail together: the log gets one line for all of them. */
function refusalLog({ clock, log }: ListenDeps): (error: Error) => void {
  let quietUntilMs = -Infinity;
  return (error) => {
    if (clock.monotonic() < quietUntilMs) return;
    quietUntilMs = clock.monotonic() + bounds.quietMs;
    const words = isOutOfDescriptors(error) ? outOfDescriptors : 'connections cannot be accepted';
    log.error({ error: String(error) }, words);
  };
}

function listening(server: Server, { host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function serve(
  message: IncomingMessage,
  response: ServerResponse,
  draining: AbortSignal,
  handle: HttpHandler,
  deps: ListenDeps,
): Promise<void> {
  const requestId = newId('request', deps.clock, deps.random);
  const log = deps.log.child({ request_id: requestId });
  let answer: HttpAnswer;
  try {
    answer = await handle(requestOf(message, response, requestId, draining));
  } catch (error) {
    answer = problemAnswer(error, requestId, deps.log, acceptedLanguage(message.headers['accept-language']));
  }
  try {
    await send(message, response, requestId, answer, draining.aborted, deps.clock);
  } catch (error) {
    // The head is out: breaking the connection is the only way left to say that the answer is not whole.
    response.destroy();
    if (answer.body instanceof Readable) answer.body.destroy();
    if (!message.socket.destroyed) log.warn({ cause: String(error) }, 'an answer broke off');
  }
}

function pathOf({ url = '/' }: IncomingMessage): string {
  const mark = url.indexOf('?');
  return mark === -1 ? url : url.slice(0, mark);
}

function requestOf(
  message: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  draining: AbortSignal,
): HttpRequest {
  let gone: AbortController | undefined;
  const target = message.url ?? '/';
  const mark = target.indexOf('?');
  return {
    method: message.method ?? 'GET',
    path: pathOf(message),
    query: new URLSearchParams(mark === -1 ? '' : target.slice(mark + 1)),
    requestId,
    address: clientOf(message).address,
    header: (name) => {
      const value = message.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    addField: (name, value) => void response.setHeader(name, value),
    body: (bytesMax) => readBody(message, bytesMax),
    get gone() {
      return (gone ??= abortedOnClose(response)).signal;
    },
    draining,
  };
}

/** Made only on demand: an unused abort signal costs as much as the rest of a small request. */
function abortedOnClose(response: ServerResponse): AbortController {
  const controller = new AbortController();
  if (response.closed) controller.abort();
  response.once('close', () => controller.abort());
  return controller;
}

async function send(
  message: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  answer: HttpAnswer,
  closing: boolean,
  clock: Clock,
): Promise<void> {
  const { body } = answer;
  const streamed = body instanceof Readable;
  const unread = !streamed && message.method !== 'HEAD' && isUnread(message);
  response.writeHead(answer.status, {
    ...securityHeaders,
    ...answer.headers,
    'tulou-request-id': requestId,
    ...(streamed || answer.status === 204 ? {} : { 'content-length': Buffer.byteLength(body ?? '') }),
    ...(closing || unread ? { connection: 'close' } : {}),
  });
  if (unread) {
    response.write(body ?? '');
    await discard(message, clock);
    return void response.end();
  }
  if (!streamed) return void response.end(message.method === 'HEAD' ? undefined : body);
  if (message.method === 'HEAD') {
    body.destroy();
    return void response.end();
  }
  return pipeline(body, response);
}

async function close(server: Server, draining: AbortController, clock: Clock): Promise<void> {
  draining.abort();
  const ended = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeIdleConnections();
  const timer = clock.after(bounds.drainMs, () => server.closeAllConnections());
  await ended;
  timer.cancel();
}

function urlOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}

const malformedBody = JSON.stringify(problemBody('malformed_request'));
const malformed =
  'HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\nconnection: close\r\n' +
  `content-length: ${malformedBody.length}\r\n\r\n${malformedBody}`;
