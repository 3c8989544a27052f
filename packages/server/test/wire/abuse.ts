/**
 * Many clients and origins that misbehave at random points, concurrently, against one engine: afterwards nothing of them may
 * remain. The seed fixes their behaviour; the kernel decides the order.
 */
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Exchange } from '../../src/gateway/wire/exchange.ts';
import { forwardTo, openEngine, type Engine } from './peers.ts';

export interface AbuseOptions {
  readonly seed: number;
  /** The number of each kind: slow readers, slow writers, aborts. */
  readonly runs: number;
  readonly concurrency: number;
}

/** A small, seeded generator (mulberry32), uniform over 0 … 1. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Short, so that silent clients reach every time-out of the engine too. */
const TIMEOUT_MS = 1000;
const timeouts = {
  headTimeoutMs: TIMEOUT_MS,
  bodyTimeoutMs: TIMEOUT_MS,
  writeTimeoutMs: TIMEOUT_MS,
  keepAliveMs: TIMEOUT_MS,
  connectTimeoutMs: TIMEOUT_MS,
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const pieces = 'x'.repeat(2000);

/** The behaviour of the origin for a request, by its path: answers of many shapes, breaks, silences. */
function answerTo(path: string, chance: () => number, socket: Socket): void {
  const size = Math.floor(chance() * 60_000);
  if (path === '/length') socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n${'y'.repeat(size)}`);
  else if (path === '/chunks')
    socket.write(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${`7d0\r\n${pieces}\r\n`.repeat(Math.floor(chance() * 20))}0\r\n\r\n`,
    );
  else if (path === '/close') socket.end(`HTTP/1.1 200 OK\r\n\r\n${'z'.repeat(size)}`);
  else if (path === '/cut') socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${size + 1}\r\n\r\n${'c'.repeat(size)}`);
  else if (path === '/reset') socket.resetAndDestroy();
  else if (path === '/junk') socket.write('HTTP/1.1 200 OK\nX: y\r\n\r\n');
  else if (path === '/extra') socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!!!');
}

/** An origin that reads requests with Node's own parts: the head by its empty line, content by its length or last chunk. */
async function openWildOrigin(chance: () => number): Promise<Server> {
  const server = createServer((socket) => {
    let kept = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      kept += chunk.toString('latin1');
      for (;;) {
        const headEnd = kept.indexOf('\r\n\r\n');
        if (headEnd === -1) return;
        const head = kept.slice(0, headEnd);
        let end = headEnd + 4 + Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
        if (head.includes('transfer-encoding'))
          end =
            kept.indexOf('\r\n0\r\n\r\n', headEnd) === -1
              ? Number.POSITIVE_INFINITY
              : kept.indexOf('\r\n0\r\n\r\n', headEnd) + 7;
        if (kept.length < end) return;
        kept = kept.slice(end);
        answerTo(/ (\/\w+)/.exec(head)?.[1] ?? '', chance, socket);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

const paths = [
  '/length',
  '/length',
  '/length',
  '/chunks',
  '/chunks',
  '/close',
  '/cut',
  '/reset',
  '/junk',
  '/extra',
  '/silent',
  '/local',
  '/late',
  '/tooLarge',
];

function requestOf(chance: () => number): string {
  const path = paths[Math.floor(chance() * paths.length)] as string;
  const kind = chance();
  const size = Math.floor(chance() ** 3 * 30_000);
  const head = ` ${path} HTTP/1.1\r\nHost: a\r\n`;
  if (kind < 0.5) return `GET${head}\r\n`;
  if (kind < 0.55) return `POST${head}Expect: 100-continue\r\nContent-Length: ${size}\r\n\r\n${'b'.repeat(size)}`;
  if (kind < 0.75) return `PUT${head}Content-Length: ${size}\r\n\r\n${'b'.repeat(size)}`;
  if (kind < 0.97)
    return `POST${head}Transfer-Encoding: chunked\r\n\r\n${`3e8\r\n${'b'.repeat(1000)}\r\n`.repeat(Math.floor(chance() * 10))}0\r\n\r\n`;
  return `POST${head}Transfer-Encoding: chunked\r\n\r\n-1\r\n`;
}

async function dial(port: number): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** Until the socket is closed, or the engine has had this many turns. */
async function untilClosed(socket: Socket, turns: number): Promise<void> {
  for (let count = 0; count < turns && !socket.closed; count += 1) await turn();
}

/** Reads a few octets at a time, with pauses, then disconnects. */
async function slowReader(port: number, chance: () => number): Promise<void> {
  const socket = await dial(port);
  socket.pause();
  socket.write(requestOf(chance) + (chance() < 0.3 ? requestOf(chance) : ''), 'latin1');
  const reads = Math.floor(chance() * 8);
  for (let count = 0; count < reads && !socket.closed; count += 1) {
    socket.read(1 + Math.floor(chance() * 3000));
    await untilClosed(socket, 1 + Math.floor(chance() * 4));
  }
  socket.destroy();
}

/** Writes a few octets at a time, reads everything, and disconnects in the middle or after a while. */
async function slowWriter(port: number, chance: () => number): Promise<void> {
  const socket = await dial(port);
  socket.resume();
  const request = requestOf(chance);
  const stop = chance() < 0.5 ? request.length : Math.floor(chance() * request.length);
  for (let at = 0; at < stop && !socket.closed;) {
    const size = 1 + Math.floor(chance() * (at < 200 ? 60 : 6000));
    socket.write(request.slice(at, Math.min(stop, at + size)), 'latin1');
    at += size;
    await turn();
  }
  await untilClosed(socket, Math.floor(chance() * 8));
  if (chance() < 0.5) socket.end();
  await untilClosed(socket, 2);
  socket.destroy();
}

/** Sends one request or several together and disconnects at a random moment, with a FIN or a reset. */
async function aborter(port: number, chance: () => number): Promise<void> {
  const socket = await dial(port);
  socket.resume();
  const requests = Array.from({ length: 1 + Math.floor(chance() * 3) }, () => requestOf(chance)).join('');
  socket.write(requests.slice(0, 1 + Math.floor(chance() * requests.length)), 'latin1');
  await untilClosed(socket, Math.floor(chance() * 6));
  if (chance() < 0.5) socket.resetAndDestroy();
  else socket.destroy();
}

/** Begins each exchange in one of the ways of a pipeline: forward, answer immediately, answer later. */
function beginAs(forward: (exchange: Exchange) => void): (exchange: Exchange) => void {
  return (exchange) => {
    if (exchange.head.target === '/local') exchange.respond(429, ['retry-after', '1'], 'slow down');
    else if (exchange.head.target === '/late') setImmediate(() => forward(exchange));
    else forward(exchange);
  };
}

export interface AbuseResult {
  readonly engine: Engine;
  /** The largest amount in memory at any time, of the samples. */
  readonly bufferedBytesPeak: number;
  close(): Promise<void>;
}

/** Runs them all and waits until their last connection is closed. */
export async function abuse({ seed, runs, concurrency }: AbuseOptions): Promise<AbuseResult> {
  const chance = seeded(seed);
  const origin = await openWildOrigin(chance);
  const { port } = origin.address() as AddressInfo;
  const upstream = { key: `http://127.0.0.1:${port}`, tls: false, host: '127.0.0.1', port, hostField: 'origin' };
  const engine = await openEngine({
    begin: beginAs((exchange) =>
      forwardTo(upstream, {
        timeoutMs: TIMEOUT_MS,
        ...(exchange.head.target === '/tooLarge' ? { requestBytesMax: 100 } : {}),
      })(exchange),
    ),
    limits: { ...timeouts, bufferedBytesMax: 16_384, upstreamConnectionsMax: Math.ceil(concurrency / 3) },
  });
  const kinds = [slowReader, slowWriter, aborter];
  let left = runs * kinds.length;
  let bufferedBytesPeak = 0;
  const one = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await (kinds[left % kinds.length] as typeof slowReader)(engine.port, chance);
      if (left % 64 === 0) bufferedBytesPeak = Math.max(bufferedBytesPeak, engine.server.stats().bufferedBytes);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, one));
  await engine.until(() => engine.server.stats().connections === 0 && engine.server.stats().exchanges === 0);
  return {
    engine,
    bufferedBytesPeak,
    async close() {
      await engine.server.close();
      origin.close();
      origin.unref();
    },
  };
}

/** The conditions that must hold afterwards; an empty list: all hold. */
export function leaks({ engine }: AbuseResult): string[] {
  const { connections, exchanges, begun, ended, bufferedBytes, upstream } = engine.server.stats();
  const found: string[] = [];
  const expect = (holds: boolean, what: string): void => void (holds || found.push(what));
  expect(connections === 0, `${connections} connections are left`);
  expect(exchanges === 0 && begun === ended, `${begun} exchanges began, ${ended} ended`);
  expect(
    engine.begun.length === begun && engine.ended.length === begun,
    `${engine.begun.length} begin, ${engine.ended.length} end`,
  );
  expect(new Set(engine.ended.map(({ exchange }) => exchange)).size === begun, 'an exchange ended twice');
  const committed = engine.commits.flat();
  expect(new Set(committed.map(({ exchange }) => exchange)).size === committed.length, 'an answer was recorded twice');
  const answered = engine.ended.filter(({ outcome }) => outcome.status !== 0).length;
  expect(committed.length === answered, `${answered} answers, ${committed.length} recorded`);
  expect(bufferedBytes === 0, `${bufferedBytes} octets are left`);
  expect(
    upstream.connecting === 0 && upstream.waiting === 0,
    `${upstream.connecting} connecting, ${upstream.waiting} waiting`,
  );
  expect(
    upstream.connections === upstream.idle,
    `${upstream.connections - upstream.idle} upstream connections are held by nobody`,
  );
  return found;
}
