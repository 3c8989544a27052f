/**
 * Compares the gateway's reading of paths with those of frameworks. If a framework runs an operation of the document for a
 * forwarded request, its scope must have been required.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import type { SnapshotObject } from '@tulou/contract';
import express from 'express';
import fastify from 'fastify';
import { Call } from '../../../src/gateway/call.ts';
import { key, OneThread, withKey, world } from '../../gateway/one-thread.ts';

const paths = {
  admin: '/orders/admin',
  purge: '/orders/{id}/purge',
  read: '/orders/{id}',
  verb: '/jobs/{name}:{verb}',
  job: '/jobs/{name}',
};
const operations = Object.entries(paths).map(([id, path]) => {
  return { id, method: 'GET', path, scopes: [id === 'job' ? 'read' : id] };
});

/** The API with these operations, and a key that holds each of their scopes: only the path decides the required scope. */
function published(strict: boolean): SnapshotObject[] {
  const names = [...new Set(operations.flatMap((operation) => operation.scopes))];
  const scopes = names.map((name) => `acme/orders:${name}`);
  return [
    ...world.map((object): SnapshotObject => {
      if (object.kind === 'api') return { ...object, scopes: names.map((name) => ({ name, risk: 'low' as const })) };
      if (object.kind === 'app') return { ...object, scopes };
      if (object.kind !== 'version') return object;
      return { ...object, strict, operations, upstreams: [{ url: 'http://u.test', weight: 1 }] };
    }),
    { ...key.object, scopes },
  ];
}

/** Every spelling of a protected segment, crossed with every way to end and to lead to it. */
function corpus(): string[] {
  const words = [
    'admin',
    'Admin',
    'ADMIN',
    '%61dmin',
    '%2561dmin',
    '%41dmin',
    'adm%69n',
    '7',
    'x:purge',
    'x%3Apurge',
    '%EF%BD%81dmin',
    'a%C5%BFmin',
  ];
  const ends = [
    '',
    '/',
    '//',
    ';',
    ';a=b',
    '.json',
    '.',
    '%20',
    '%00',
    '%0a',
    '%2f',
    '%5c',
    '/purge',
    '%2fpurge',
    '%252fpurge',
    '/PURGE',
    ';x/purge',
    '/purge;x',
    '/purge/',
    '/.',
    '/..;/admin',
    '%3b',
    '+',
    '~',
  ];
  const starts = [
    '/orders/',
    '/orders//',
    '//orders/',
    '/Orders/',
    '/orders;x/',
    '/orders/./',
    '/%6frders/',
    '/orders%2f',
    '/jobs/',
    '/JOBS/',
    '/orders/7/../',
  ];
  return starts.flatMap((start) => words.flatMap((word) => ends.map((end) => start + word + end)));
}

const closing: (() => unknown)[] = [];
after(() => Promise.all(closing.map((close) => close())));

async function served(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

/** A program that says its ports in its first line. */
async function spawned(command: string, ...args: string[]): Promise<number[]> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'], detached: true });
  closing.push(() => child.pid !== undefined && process.kill(-child.pid));
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return line.split(' ').map(Number);
}

/** The first word of the content that the framework answers a raw target with; empty: it refused. */
function ask(port: number, target: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () =>
      socket.write(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n`),
    );
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () =>
      resolve(/^HTTP\/1.[01] 200/.test(text) ? (/(admin|purge|verb|read)\s*(?:\r\n0\s*)?$/.exec(text)?.[1] ?? '') : ''),
    );
  });
}

function expressApp(): RequestListener {
  const app = express();
  const say = (text: string) => (_: unknown, response: { send(text: string): unknown }) => void response.send(text);
  app.get('/orders/admin', say('admin'));
  app.get('/orders/:id/purge', say('purge'));
  app.get('/orders/:id', say('read'));
  app.get(
    '/jobs/:name',
    (request, response) => void response.send(request.params.name.includes(':') ? 'verb' : 'read'),
  );
  return app;
}

async function fastifyPort(): Promise<number> {
  const app = fastify({
    useSemicolonDelimiter: true,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
  });
  app.get('/orders/admin', () => 'admin');
  app.get('/orders/:id/purge', () => 'purge');
  app.get('/orders/:id', () => 'read');
  app.get<{ Params: { name: string } }>('/jobs/:name', ({ params }) => (params.name.includes(':') ? 'verb' : 'read'));
  await app.listen({ host: '127.0.0.1', port: 0 });
  closing.push(() => app.close());
  return (app.server.address() as AddressInfo).port;
}

const springRoutes = [
  [/^\/orders\/admin$/, 'admin'],
  [/^\/orders\/[^/]+\/purge$/, 'purge'],
  [/^\/orders\/[^/]+$/, 'read'],
  [/^\/jobs\/[^/]+:[^/]+$/, 'verb'],
  [/^\/jobs\/[^/]+$/, 'read'],
] as const;

/** As Spring reads: without matrix parameters, decoded, with dots resolved, trailing suffixes and slashes ignored. */
const springLike: RequestListener = ({ url = '' }, response) => {
  let path = url
    .split('/')
    .map((part) => part.replace(/;.*$/, ''))
    .join('/');
  try {
    path = new URL(decodeURIComponent(path).replace(/\/+/g, '/'), 'http://x').pathname
      .replace(/\/$/, '')
      .replace(/\.\w+$/, '')
      .toLowerCase();
  } catch {
    path = '';
  }
  response.end(springRoutes.find(([pattern]) => pattern.test(path))?.[1] ?? '');
};

async function phpPort(): Promise<number> {
  const port = await served(() => undefined);
  await closing.pop()?.();
  const child = spawn('php', ['-S', `127.0.0.1:${port}`, join(import.meta.dirname, 'peers/router.php')], {
    stdio: 'ignore',
  });
  closing.push(() => child.kill());
  await once(child, 'spawn');
  return untilServed(port);
}

async function nginxPort(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'tulou-paths-'));
  const port = await served(() => undefined);
  await closing.pop()?.();
  const at = (pattern: string, text: string) => `location ${pattern} { return 200 ${text}; }`;
  const locations = [
    at('~* ^/orders/admin/?$', 'admin'),
    at('~* ^/orders/[^/]+/purge/?$', 'purge'),
    at('~* ^/orders/[^/]+$', 'read'),
    at('~* ^/jobs/[^/]+:[^/]+$', 'verb'),
    at('~* ^/jobs/[^/]+$', 'read'),
  ];
  writeFileSync(
    join(folder, 'nginx.conf'),
    `daemon off; pid ${folder}/pid; error_log /dev/null; events {} http { access_log off; server { listen 127.0.0.1:${port}; ${locations.join(' ')} } }`,
  );
  const child = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' });
  closing.push(() => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  });
  await once(child, 'spawn');
  return untilServed(port);
}

async function untilServed(port: number): Promise<number> {
  for (;;) {
    const answer = await ask(port, '/orders/7').catch(() => undefined);
    if (answer !== undefined) return port;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function goPort(): Promise<number[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tulou-paths-'));
  closing.push(() => rmSync(folder, { recursive: true, force: true }));
  const built = spawnSync('go', ['build', '-o', join(folder, 'peer'), join(import.meta.dirname, 'peers/main.go')], {
    stdio: 'inherit',
  });
  assert.equal(built.status, 0, 'the Go toolchain builds the peer');
  return spawned(join(folder, 'peer'));
}

const python = join(tmpdir(), 'tulou-peers/bin/python');
const frameworks: readonly (readonly [string, () => Promise<number[]>])[] = [
  ['Express', async () => [await served(expressApp())]],
  ['Fastify', async () => [await fastifyPort()]],
  ['a Spring-like reading', async () => [await served(springLike)]],
  ['PHP', async () => [await phpPort()]],
  ['nginx', async () => [await nginxPort()]],
  ['Go net/http', goPort],
  ['Flask and Django', () => spawned(python, join(import.meta.dirname, 'peers/python_peers.py'))],
];

for (const strict of [true, false])
  for (const [name, open] of frameworks) {
    test(`${name}: no operation is reached without its scope, ${strict ? 'strict' : 'not strict'}`, async () => {
      const thread = new OneThread();
      thread.publish(...published(strict));
      const ports = await open();
      let reached = 0;
      for (const path of corpus()) {
        const { forwarded, context } = thread.begin(`/acme/orders/v1${path}`, withKey);
        if (forwarded === undefined || !(context instanceof Call)) continue;
        for (const port of ports) {
          const found = await ask(port, forwarded.target);
          if (found !== '') reached += 1;
          assert.ok(
            found === '' || context.scopes.includes(found),
            `${path} ran ${found}, asked for ${context.scopes.join(' ')}`,
          );
        }
      }
      assert.ok(reached >= 10, 'the corpus reaches operations');
      await thread.close();
    });
  }
