/** One table is locked from outside. Requests that need it are refused for a while, and everything else continues. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPool, type Pool } from '../../src/store/pool.ts';
import { readFeed } from '../control/feed.ts';
import type { Answer } from '../control/fixture.ts';
import { make, makeProvider } from '../control/nouns.ts';
import { until } from '../faults/platform.ts';
import { openBrowser } from '../identity/browser.ts';
import { signInAt } from '../identity/signing-in.ts';
import { startRunning, type Running } from '../running.ts';

let platform: Running;
let outside: Pool;
/** A token of an admin of the tenant. The operator has separate connections and does the other work. */
let token: string;
const plans = '/tenants/locked/apis/orders/plans';

before(async () => {
  platform = await startRunning({ TULOU_LOCK_TIMEOUT_MS: '1500' });
  outside = openPool({ url: platform.database.superuserUrl, connectionsMax: 2 });
  await makeProvider(platform.call, 'locked');
  await platform.addPerson('locked', 'ann@locked.test', 'admin');
  const member = await make(platform.call, '/tenants/locked/members', { email: 'bob@locked.test', role: 'admin' });
  token = String((await make(platform.call, '/tenants/locked/tokens', { member: member.id, name: 'flood' }))['token']);
});
after(async () => {
  await outside.end();
  await platform.stop();
});

/** Runs the work while another session holds the table. */
async function whileLocked<T>(table: string, work: () => Promise<T>): Promise<T> {
  return outside.begin(async (session) => {
    await session.unsafe(`lock table ${table} in access exclusive mode`);
    return work();
  }) as Promise<T>;
}

/** The number of sessions that wait for a lock now. */
async function waiting(): Promise<number> {
  const [row] = await outside<[{ count: number }]>`
    select count(*)::int as count from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`;
  return row.count;
}

function assertRefused({ status, body, headers, text }: Answer): void {
  assert.equal(status, 503, text);
  assert.deepEqual([body['code'], body['fault']], ['unavailable', 'platform']);
  assert.match(headers.get('retry-after') ?? '', /^\d+$/);
}

test('a flood on a locked table is refused as unavailable, and leaves room for all other work', async () => {
  const flood = await whileLocked('plans', async () => {
    const over = new AbortController();
    // More requests than all connections can refuse within the time that a call waits for one. Each starts again when it is
    // refused.
    const callers = Array.from({ length: 200 }, async (_, n) => {
      const answers: Answer[] = [];
      while (!over.signal.aborted) {
        const body = { slug: `p-${n}`, limits: [{ requests: 1, per: 'minute' }] };
        answers.push(
          await (n % 2 === 0 ? platform.call('GET', plans, { token }) : platform.call('POST', plans, { token, body })),
        );
      }
      return answers;
    });
    await until(async () => (await waiting()) > 0);
    for (let round = 0; round < 10; round += 1) {
      await make(platform.call, '/tenants/locked/apps', { slug: `app-${round}`, name: 'App' });
      assert.equal((await platform.call('GET', '/tenants/locked/members')).status, 200);
      assert.equal((await readFeed(platform)).head.full, true);
      assert.equal((await fetch(`${platform.admin['control']}/readyz`)).status, 200);
    }
    const account = `${platform.url}/account`;
    const page = await signInAt(openBrowser(platform.url), account, 'ann@locked.test', 'correct horse battery');
    assert.match(page.text, /ann@locked\.test/);
    over.abort();
    return (await Promise.all(callers)).flat();
  });
  const [turned, refused] = [
    flood.filter(({ status }) => status === 429),
    flood.filter(({ status }) => status !== 429),
  ];
  assert.ok(refused.length > 0 && turned.every(({ headers }) => headers.has('retry-after')));
  for (const answer of refused) assertRefused(answer);
  assert.equal((await platform.call('GET', plans)).status, 200, 'the table is free again');
});

test('a change that waits for a locked row says so, and has changed nothing', async () => {
  const answer = await whileLocked('audit', () =>
    platform.call('PATCH', '/tenants/locked/apis/orders', { body: { name: 'New name' } }),
  );
  assertRefused(answer);
  assert.match(String(answer.body['detail']), /nothing was changed/);
  const { body } = await platform.call('GET', '/tenants/locked/apis/orders');
  assert.equal(body['name'], 'Orders');
});
