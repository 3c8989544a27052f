import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { problemBody } from '@tulou/contract';
import { openStage } from '../test/stage.ts';

interface Platform extends AsyncDisposable {
  readonly url: string;
  readonly requests: {
    readonly method: string;
    readonly key: string | undefined;
    readonly token: string | undefined;
  }[];
}

type Answer = (request: IncomingMessage, response: ServerResponse, nth: number) => void;

/** A server on a free port that answers as the contract says. */
async function openPlatform(answer: Answer): Promise<Platform> {
  const requests: Platform['requests'] = [];
  const server = createServer((request, response) => {
    const { method = '', headers } = request;
    requests.push({ method, key: headers['idempotency-key'] as string | undefined, token: headers.authorization });
    request.resume().on('end', () => answer(request, response, requests.length));
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void => {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type, ...headers }).end(JSON.stringify(body));
};

const create = ['tenants', 'create', '--slug', 'acme', '--name', 'Acme', '--json'];

test('a write that meets 503 and a broken connection is sent again, as the same write', async () => {
  await using platform = await openPlatform((request, response, nth) => {
    if (nth === 1) json(response, 503, problemBody('unavailable'), { 'retry-after': '2' });
    else if (nth === 2) request.socket.destroy();
    else json(response, 201, { slug: 'acme' });
  });
  await using stage = await openStage({ TULOU_URL: platform.url, TULOU_TOKEN: 'tok' });
  const ran = await stage.tulou(create);
  assert.deepEqual(ran, { code: 0, out: '{"slug":"acme"}\n', err: '' });
  assert.equal(platform.requests.length, 3);
  const [first] = platform.requests;
  assert.match(first?.key ?? '', /^[0-9a-f-]{36}$/);
  assert.ok(platform.requests.every(({ key }) => key === first?.key));
  assert.ok((stage.waitedMs[0] ?? 0) >= 2000, 'Retry-After is heeded');
});

test('after a bounded number of attempts the answer stands', async () => {
  await using platform = await openPlatform((_, response) =>
    json(response, 503, problemBody('unavailable'), { 'retry-after': '9999' }),
  );
  await using stage = await openStage({ TULOU_URL: platform.url });
  const ran = await stage.tulou(['tenants', 'list']);
  assert.equal(ran.code, 69);
  assert.match(ran.err, /Service unavailable.*\(unavailable\)/);
  assert.equal(platform.requests.length, 5);
  assert.ok(stage.waitedMs.every((waitMs) => waitMs <= 10_000));
});

test('no other error is tried again', async () => {
  for (const [status, code] of [
    [500, 1],
    [401, 77],
    [403, 77],
    [404, 3],
    [409, 4],
    [412, 4],
    [422, 65],
    [429, 1],
  ] as const) {
    await using platform = await openPlatform((_, response) => json(response, status, problemBody('internal')));
    await using stage = await openStage({ TULOU_URL: platform.url });
    assert.equal((await stage.tulou(create)).code, code, String(status));
    assert.equal(platform.requests.length, 1, String(status));
  }
});

test('a redirect is not followed: the token goes nowhere else', async () => {
  await using other = await openPlatform((_, response) => json(response, 200, {}));
  await using platform = await openPlatform((_, response) => response.writeHead(307, { location: other.url }).end());
  await using stage = await openStage({ TULOU_URL: platform.url, TULOU_TOKEN: 'tok' });
  const ran = await stage.tulou(['tenants', 'list']);
  assert.equal(ran.code, 1);
  assert.match(ran.err, /answered 307/);
  assert.equal(other.requests.length, 0);
});

test('who answers but is no platform is told from one', async () => {
  await using platform = await openPlatform((_, response) =>
    response.writeHead(404, { 'content-type': 'text/html' }).end('<h1>Not found</h1>'),
  );
  await using stage = await openStage({ TULOU_URL: platform.url });
  const ran = await stage.tulou(['tenants', 'list']);
  assert.equal(ran.code, 3);
  assert.match(ran.err, /it is not a Tulou platform/);
  assert.match(ran.err, /platform listener/);
});

test('a page where JSON should be is no answer of a platform', async () => {
  await using platform = await openPlatform((_, response) => response.writeHead(200).end('<h1>Welcome</h1>'));
  await using stage = await openStage({ TULOU_URL: platform.url });
  const ran = await stage.tulou(['tenants', 'list']);
  assert.equal(ran.code, 1);
  assert.match(ran.err, /it is not a Tulou platform/);
});

test('an answer that breaks off is asked for again', async () => {
  await using platform = await openPlatform((_, response, nth) => {
    if (nth > 1) return json(response, 200, { items: [], next: null });
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"it', () => response.destroy());
  });
  await using stage = await openStage({ TULOU_URL: platform.url });
  assert.equal((await stage.tulou(['tenants', 'list'])).code, 0);
  assert.equal(platform.requests.length, 2);
});

test('nobody answers: it says how to start', async () => {
  const platform = await openPlatform((_, response) => json(response, 200, {}));
  await platform[Symbol.asyncDispose]();
  await using stage = await openStage({ TULOU_URL: platform.url });
  const ran = await stage.tulou(['tenants', 'list']);
  assert.equal(ran.code, 69);
  assert.match(ran.err, /ECONNREFUSED/);
  assert.match(ran.err, /tulou up/);
});

test('an error shows its code, its places and its help; with --json it is the problem document itself', async () => {
  const problem = problemBody('invalid_request', 'two things are wrong', [
    { pointer: '/slug', message: 'lower case' },
    { pointer: '/openapi', message: 'no paths', line: 3, column: 7 },
  ]);
  await using platform = await openPlatform((_, response) =>
    json(response, 400, problem, { 'tulou-request-id': 'req_1' }),
  );
  await using stage = await openStage({ TULOU_URL: platform.url });
  const people = await stage.tulou(create.slice(0, -1));
  assert.equal(people.code, 65);
  assert.equal(people.out, '');
  for (const part of [
    '(invalid_request)',
    'two things are wrong',
    '/slug  lower case',
    '/openapi line 3:7  no paths',
    'help: Correct',
    'req_1',
  ]) {
    assert.ok(people.err.includes(part), part);
  }
  const programs = await stage.tulou(create);
  assert.deepEqual(JSON.parse(programs.err), problem);
  assert.equal(programs.out, '');
});

test('--json prints what the API said, byte for byte', async () => {
  const body = '{"slug" : "acme",\n "odd":1.50}';
  await using platform = await openPlatform((_, response) =>
    response.writeHead(201, { 'content-type': 'application/json' }).end(body),
  );
  await using stage = await openStage({ TULOU_URL: platform.url });
  assert.equal((await stage.tulou(create)).out, `${body}\n`);
});

test('--all follows every page, and ends where the platform repeats itself', async () => {
  await using platform = await openPlatform((request, response) => {
    const cursor = Number(new URL(request.url ?? '', 'http://x').searchParams.get('cursor') ?? 0);
    json(response, 200, { items: [{ slug: `t${cursor}` }], next: cursor < 2 ? String(cursor + 1) : null });
  });
  await using stage = await openStage({ TULOU_URL: platform.url });
  const ran = await stage.tulou(['tenants', 'list', '--all', '--json']);
  assert.deepEqual(JSON.parse(ran.out), { items: [{ slug: 't0' }, { slug: 't1' }, { slug: 't2' }], next: null });
  await using stuck = await openPlatform((_, response) => json(response, 200, { items: [], next: 'x' }));
  const again = await stage.tulou(['tenants', 'list', '--all', '--url', stuck.url]);
  assert.equal(again.code, 1);
  assert.equal(stuck.requests.length, 2);
});

test('an escape sequence in an answer is shown, not obeyed', async () => {
  await using platform = await openPlatform((_, response) =>
    json(response, 200, { items: [{ slug: 'a', name: '\u001b[2Jgone\u202e' }], next: null }),
  );
  await using stage = await openStage({ TULOU_URL: platform.url });
  const ran = await stage.tulou(['tenants', 'list']);
  assert.ok(!ran.out.includes('\u001b') && !ran.out.includes('\u202e'));
  assert.match(ran.out, /\\u\{1b\}\[2Jgone/);
});

test('a deletion asks for the name, and does nothing unless it is typed', async () => {
  await using platform = await openPlatform((_, response) => response.writeHead(204).end());
  await using stage = await openStage({ TULOU_URL: platform.url });
  const words = ['apis', 'delete', 'acme', 'orders'];
  assert.equal((await stage.tulou(words)).code, 64, 'nobody to ask');
  assert.equal((await stage.tulou(words, { answers: ['yes'], columns: 80 })).code, 130);
  assert.equal((await stage.tulou(words, { answers: [], columns: 80 })).code, 130, 'end of input');
  assert.ok(
    platform.requests.every(({ method }) => method === 'GET'),
    'nothing was deleted',
  );
  const typed = await stage.tulou(words, { answers: ['orders'], columns: 80 });
  assert.equal(typed.code, 0);
  assert.match(typed.err, /Type "orders"/);
  assert.equal((await stage.tulou([...words, '--yes'])).code, 0);
  assert.deepEqual(
    platform.requests.map(({ method }) => method).filter((method) => method !== 'GET'),
    ['DELETE', 'DELETE'],
  );
});

test('a stream that breaks off leaves no file', async () => {
  await using platform = await openPlatform((_, response) => {
    response.writeHead(200, { 'content-type': 'application/gzip', 'content-length': '100' });
    response.write('half', () => response.destroy());
  });
  await using stage = await openStage({ TULOU_URL: platform.url });
  const ran = await stage.tulou(['tenants', 'export', 'acme', '-o', 'acme.tar.gz']);
  assert.equal(ran.code, 1);
  assert.match(ran.err, /interrupted/);
  for (const name of ['acme.tar.gz', 'acme.tar.gz.partial']) {
    await assert.rejects(stage.io().files.stat(`${stage.dir}/${name}`), { code: 'ENOENT' });
  }
});
