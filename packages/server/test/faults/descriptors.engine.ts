/** A gateway and a control process that have no file descriptor left, really. Needs Linux (`prlimit`): CI's engine suite runs it. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Fleet, type FleetGateway } from './fleet.ts';
import { until } from './platform.ts';
import { openUpstream } from './published.ts';

const run = promisify(execFile);
let fleet: Fleet;
let gateway: FleetGateway;
let upstream: Awaited<ReturnType<typeof openUpstream>>;
before(async () => {
  fleet = await Fleet.start();
  upstream = await openUpstream();
  gateway = await fleet.openGateway('descriptors');
});
after(async () => {
  await fleet.stop();
  upstream.close();
});

interface Answer {
  /** 0: the connection was dropped. */
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly body: { readonly code?: string; readonly fault?: string; readonly detail?: string };
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly agent: Agent;
}

function ask(url: string, { method = 'GET', headers = {}, body = '', agent }: Asked): Promise<Answer> {
  return new Promise((resolve) => {
    const lost = (): void => resolve({ status: 0, retryAfter: undefined, body: {} });
    const asked = request(url, { method, headers, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.once('error', lost);
      response.once('end', () => {
        const isJson = response.headers['content-type']?.includes('json') === true;
        const { statusCode: status = 0, headers: fields } = response;
        resolve({
          status,
          retryAfter: fields['retry-after'],
          body: isJson ? (JSON.parse(text) as Answer['body']) : {},
        });
      });
    });
    asked.once('error', lost);
    asked.end(body);
  });
}

/** One connection that is kept. */
const keep = (): Agent => new Agent({ keepAlive: true, maxSockets: 1 });

/** Takes all descriptors that are free from a running process. Returns what gives them back. */
async function exhaust(pid: number): Promise<() => Promise<unknown>> {
  const limit = (n: string): Promise<unknown> => run('prlimit', ['--pid', String(pid), `--nofile=${n}:`]);
  const { stdout } = await run('prlimit', ['--pid', String(pid), '--nofile', '--noheadings', '--output=SOFT']);
  const used = new Set(await readdir(`/proc/${pid}/fd`));
  let free = 0;
  while (used.has(String(free))) free += 1;
  await limit(String(free));
  return () => limit(stdout.trim());
}

const noDescriptor = (answer: Answer, code = 'overloaded'): void => {
  assert.deepEqual(
    [answer.status, answer.body.code, answer.body.fault],
    [503, code, 'platform'],
    JSON.stringify(answer),
  );
  assert.match(answer.retryAfter ?? '', /^\d+$/);
};

/** A version without calls so far: its first call needs a connection. */
async function publishAt(name: string, host: string): Promise<string> {
  const upstreams = [{ url: `http://${host}:${new URL(upstream.url).port}` }];
  await fleet.send('POST', '/tenants/acme/apis/echo/versions', { name, access: 'key', upstreams });
  return `${gateway.url}/acme/echo/${name}/x`;
}

test('a gateway without file descriptors says that it is overloaded, blames no upstream, and loses no usage', async () => {
  const [byAddress, byName] = [await publishAt('address', '127.0.0.1'), await publishAt('name', 'localhost')];
  const app = await fleet.send('GET', '/tenants/globex/apps/shop');
  const { key } = await fleet.makeKey();
  const kept = keep();
  let counted = 0;
  const call = async (url: string, agent: Agent): Promise<Answer> => {
    const answer = await ask(url, { headers: { 'x-api-key': String(key) }, agent });
    if ([200, 503].includes(answer.status)) counted += 1;
    return answer;
  };
  // Without a key: nothing is forwarded, and no connection is made.
  for (const url of [byAddress, byName]) await until(async () => (await ask(url, { agent: kept })).status === 401);
  const known = `${gateway.url}/acme/echo/v1/x`;
  await until(async () => (await call(known, kept)).status === 200);

  const restore = await exhaust(gateway.role.pid);
  let late: readonly Promise<Answer>[] = [];
  try {
    for (const url of [byAddress, byName, byAddress]) noDescriptor(await call(url, kept));
    assert.equal((await call(known, kept)).status, 200, 'a connection that is there is used');
    late = Array.from({ length: 100 }, () => call(known, keep()));
    // Segments are closed and shipped meanwhile.
    for (let ms = 0; ms < 3000; ms += 100) {
      await delay(100);
      await call(known, kept);
    }
  } finally {
    await restore();
  }
  for (const { status } of await Promise.all(late)) assert.ok([0, 200, 503].includes(status), String(status));
  for (const url of [byAddress, byName, known]) await until(async () => (await call(url, keep())).status === 200);
  const requests = async (): Promise<number> => {
    const { total } = await fleet.send('GET', `/tenants/acme/usage?app=${String(app['id'])}`);
    return (total as { requests: number }).requests;
  };
  await until(async () => (await requests()) >= counted);
  assert.equal(await requests(), counted);
});

test('control without file descriptors answers 503 with the right words, goes on, and recovers', async () => {
  const operator = { authorization: `Bearer ${fleet.operator}` };
  const kept = Array.from({ length: 40 }, keep);
  const list = (agent: Agent): Promise<Answer> => ask(`${fleet.issuer}/api/v1/tenants`, { headers: operator, agent });
  for (const agent of kept) assert.equal((await list(agent)).status, 200);
  const restore = await exhaust(fleet.control.pid);
  let late: readonly Promise<Answer>[] = [];
  try {
    // More at once than there are connections to the database.
    for (const answer of await Promise.all(kept.map(list)))
      if (answer.status !== 200) noDescriptor(answer, 'unavailable');
    late = Array.from({ length: 100 }, () => list(keep()));
    for (let round = 0; round < 20; round += 1) await list(kept[0] as Agent);
  } finally {
    await restore();
  }
  for (const { status } of await Promise.all(late)) assert.ok([0, 200].includes(status), String(status));
  await until(async () => (await list(keep())).status === 200);
});
