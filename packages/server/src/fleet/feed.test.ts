import assert from 'node:assert/strict';
import { once } from 'node:events';
import { get } from 'node:http';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { readFeed, Replica } from '../../test/control/feed.ts';
import { startTestControl, type TestControl } from '../../test/control/fixture.ts';
import { make, makeDeveloper, makeProvider, subscribe } from '../../test/control/nouns.ts';

let control: TestControl;
before(async () => void (control = await startTestControl()));
after(() => control.stop());

test('a gateway that holds nothing gets every object that gateways need of a subscription', async () => {
  const provider = await makeProvider(control.call, 'full-provider');
  const developer = await makeDeveloper(control.call, 'full-developer');
  const subscription = await subscribe(control.call, 'full-developer', 'full-provider');
  const { head, changes } = await readFeed(control);
  assert.equal(head.full, true);
  const objects = changes.map(({ object }) => object as { key: string; id?: string });
  for (const id of [provider.tenant, provider.api, provider.version, provider.plan, developer.app, subscription]) {
    assert.ok(
      objects.some(({ key }) => key === id.id),
      id.id,
    );
  }
  const key = objects.find(({ id }) => id === developer.key.id);
  assert.equal(key?.key, developer.key['credential_id']);
  assert.equal(JSON.stringify(changes).includes(String(developer.key['key'])), false);
});

test('who is up to date gets nothing, at once or at the end of the wait', async () => {
  const { head } = await readFeed(control);
  for (const wait of [0, 50]) {
    const answer = await readFeed(control, { epoch: head.epoch, since: head.seq, wait_ms: wait });
    assert.deepEqual(answer, { head: { ...head, full: false, count: 0 }, changes: [] });
  }
});

test('a change wakes a gateway that waits, and is the only line', async () => {
  const { head } = await readFeed(control);
  const waiting = readFeed(control, { epoch: head.epoch, since: head.seq, wait_ms: 25_000 });
  const tenant = await make(control.call, '/tenants', { slug: 'waker', name: 'Waker' });
  const { changes } = await waiting;
  assert.deepEqual(
    changes.map(({ key, tenant: owner }) => [key, owner]),
    [[tenant.id, tenant.id]],
  );
});

test('a number of another epoch is answered in full', async () => {
  const { head } = await readFeed(control);
  const other = '00000000-0000-4000-8000-000000000000';
  const answer = await readFeed(control, { epoch: other, since: head.seq, wait_ms: 25_000 });
  assert.equal(answer.head.full, true);
  assert.equal(answer.head.epoch, head.epoch);
});

test('a database that went back to an older backup gets a new epoch from the first gateway that knows more', async () => {
  const { head } = await readFeed(control);
  const ahead = await readFeed(control, { epoch: head.epoch, since: head.seq + 100, wait_ms: 25_000 });
  assert.equal(ahead.head.full, true);
  assert.notEqual(ahead.head.epoch, head.epoch);
  const again = await readFeed(control, { epoch: ahead.head.epoch, since: ahead.head.seq });
  assert.deepEqual(again.head, { ...ahead.head, full: false, count: 0 });
});

test('the feed is for node tokens only', async () => {
  for (const token of ['', control.operator, `${control.node}x`]) {
    const response = await fetch(`${control.url}/internal/v1/snapshot`, {
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(response.status, 401);
  }
});

test('eight writers at once and a polling reader: no change is missed', async () => {
  const replica = new Replica();
  replica.apply(await readFeed(control));
  const writing = new AbortController();
  const seen = new Set<string>();
  const reader = (async () => {
    while (!writing.signal.aborted) for (const { key } of (await replica.follow(control, 5)).changes) seen.add(key);
    for (const { key } of (await replica.follow(control)).changes) seen.add(key);
  })();
  const writers = Array.from({ length: 8 }, async (_, writer) => {
    const ids: string[] = [];
    for (let n = 0; n < 15; n += 1) {
      ids.push((await make(control.call, '/tenants', { slug: `writer-${writer}-${n}`, name: 'Writer' })).id);
    }
    return ids;
  });
  const written = (await Promise.all(writers)).flat();
  writing.abort();
  await reader;
  assert.deepEqual(
    written.filter((id) => !seen.has(id)),
    [],
  );
});

type Step = readonly ['create' | 'rename' | 'delete' | 'follow', number];

test('applying the changes one by one gives what a full read gives', async () => {
  const steps = fc.array(
    fc.tuple(fc.constantFrom<Step[0]>('create', 'rename', 'delete', 'follow'), fc.integer({ min: 0, max: 4 })),
    { maxLength: 25 },
  );
  let run = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (list) => {
      run += 1;
      await make(control.call, '/tenants', { slug: `property-${run}`, name: 'Property' });
      const apps = `/tenants/property-${run}/apps`;
      const replica = new Replica();
      replica.apply(await readFeed(control));
      for (const [step, n] of list) {
        if (step === 'create') await control.call('POST', apps, { body: { slug: `app-${n}`, name: 'App' } });
        if (step === 'rename') await control.call('PATCH', `${apps}/app-${n}`, { body: { state: 'suspended' } });
        if (step === 'delete') await control.call('DELETE', `${apps}/app-${n}`);
        if (step === 'follow') await replica.follow(control);
      }
      await replica.follow(control);
      const full = new Replica();
      full.apply(await readFeed(control));
      assert.deepEqual(new Map([...replica.objects].toSorted()), new Map([...full.objects].toSorted()));
    }),
    { numRuns: 10 },
  );
});

/** Begins a full read and takes nothing of it but its head. */
async function beginReading(): Promise<{ status: number; close: () => void }> {
  const request = get(`${control.url}/internal/v1/snapshot`, { headers: { authorization: `Bearer ${control.node}` } });
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [{ statusCode: number }];
  return { status: response.statusCode, close: () => request.destroy() };
}

test('large reads are bounded in number; who breaks one off makes room', async () => {
  await control.database.store.system('more than fits into a socket', async ({ sql }) => {
    await sql`
      insert into snapshot_objects (kind, key, tenant, seq, object)
      select 'app', 'app_' || n, '00000000-0000-0000-0000-000000000001', 1,
        jsonb_build_object('kind', 'app', 'tenant', 'ten_00000000000000000000000001', 'filler', repeat('x', 1000))
      from generate_series(1, 20000) as n`;
  });
  const open = [await beginReading(), await beginReading(), await beginReading()];
  assert.deepEqual(
    open.map(({ status }) => status),
    [200, 200, 200],
  );
  const refused = await fetch(`${control.url}/internal/v1/snapshot`, {
    headers: { authorization: `Bearer ${control.node}` },
  });
  assert.equal(refused.status, 503);
  assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/);
  await refused.body?.cancel();
  for (const { close } of open) close();
  let status = 503;
  while (status === 503) {
    const next = await beginReading();
    status = next.status;
    next.close();
  }
  assert.equal(status, 200);
  const idle = async (): Promise<number> => {
    const [row] = await control.database.store.system('who holds a transaction', ({ sql }) => {
      return sql<[{ open: number }]>`
        select count(*)::int as open from pg_stat_activity
        where datname = current_database() and state like 'idle in transaction%' and pid <> pg_backend_pid()`;
    });
    return row.open;
  };
  while ((await idle()) > 0) await new Promise((resolve) => setImmediate(resolve));
});
