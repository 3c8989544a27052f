import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { limits } from '@tulou/contract';
import { desiredState, hostingLimits, type DesiredState } from '@tulou/contract/hosting';
import { readFeed } from '../../test/control/feed.ts';
import { startTestControl, type Answer, type TestControl, type TestTenant } from '../../test/control/fixture.ts';
import { tarOf, uploadOf } from '../../test/isolation/tar.ts';

let control: TestControl;
let tenant: TestTenant;
before(async () => {
  control = await startTestControl();
  tenant = await control.makeTenant('acme');
});
after(() => control.stop());

type Call = (method: string, path: string, body?: object, headers?: Record<string, string>) => Promise<Answer>;
const as =
  (of: TestTenant): Call =>
  (method, path, body, headers = {}) =>
    control.call(method, `/tenants/${of.id}${path}`, { token: of.tokens.admin, body, headers });
const call: Call = (...args) => as(tenant)(...args);

/** Makes it; fails where the platform refuses. */
async function made(path: string, body: object, by: Call = call): Promise<{ id: string } & Record<string, unknown>> {
  const answer = await by('POST', path, body);
  assert.equal(answer.status, 201, answer.text);
  return answer.body as { id: string };
}

let uploads = 0;
/** A service with one revision, released in `live`. */
async function deploy(slug: string, by: Call = call): Promise<{ service: string; revision: string; etag: string }> {
  uploads += 1;
  const service = await made('/services', { slug }, by);
  const artifact = await made('/artifacts', uploadOf(tarOf('worker.js', `// upload ${uploads}`)), by);
  const { id: revision } = await made(
    `/services/${slug}/revisions`,
    { kind: 'worker', artifact: artifact.id, entry: 'worker.js', variables: { A: 'b' }, limits: { memory_mb: 64 } },
    by,
  );
  const release = await by('POST', `/services/${slug}/releases`, { weights: [{ revision }] });
  return { service: service.id, revision, etag: release.headers.get('etag') ?? '' };
}

function internal(path: string, init: RequestInit = {}, token = control.node): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return fetch(`${control.url}/internal/v1/hosting${path}`, { ...init, headers });
}

async function desired(query = ''): Promise<DesiredState> {
  return desiredState.parse(await (await internal(`/desired${query}`)).json());
}

test('a host reads what should run, with limits that have defaults, as soon as it is released', async () => {
  const { service, revision } = await deploy('first');
  const { services } = await desired();
  const found = services.find(({ id }) => id === service);
  assert.deepEqual(found?.tenant, { id: tenant.id, slug: 'acme' });
  assert.deepEqual([found?.environment, found?.isolation, found?.developer], ['live', 'process', tenant.id]);
  const [hosted] = found?.revisions ?? [];
  assert.deepEqual([hosted?.id, hosted?.weight, hosted?.variables, hosted?.egress], [revision, 100, { A: 'b' }, []]);
  assert.deepEqual([hosted?.limits.memory_mb, hosted?.limits.concurrency, hosted?.instances.min], [64, 50, 0]);
});

test('a host that knows the present version waits, and a release wakes it', async () => {
  const { version } = await desired();
  assert.equal((await desired(`?after=${version}`)).version, version);
  const waiting = desired(`?after=${version}&wait_ms=25000`);
  const { service } = await deploy('waker');
  let seen = await waiting;
  // The writes of a deployment may wake it one by one.
  while (!seen.services.some(({ id }) => id === service)) seen = await desired(`?after=${seen.version}&wait_ms=25000`);
  assert.notEqual(seen.version, version);
});

test('a suspended tenant has nothing that should run; a resumed one has it again', async () => {
  const other = await control.makeTenant('sleeper');
  const { service } = await deploy('asleep', as(other));
  const runs = async (query: string) => {
    const state = await desired(query);
    return { version: state.version, is: state.services.some(({ id }) => id === service) };
  };
  const { version, is } = await runs('');
  assert.equal(is, true);
  const waiting = runs(`?after=${version}&wait_ms=25000`);
  await control.call('POST', `/tenants/${other.id}/suspend`);
  assert.equal((await waiting).is, false);
  await control.call('POST', `/tenants/${other.id}/resume`);
  assert.deepEqual(await runs(''), { version, is: true });
});

test('the routes of hosts are for node tokens only', async () => {
  for (const token of ['', tenant.tokens.owner, control.operator]) {
    for (const path of ['/desired', `/artifacts/sha256:${'0'.repeat(64)}`])
      assert.equal((await internal(path, {}, token)).status, 401);
    assert.equal((await internal('/report', { method: 'POST', body: '{}' }, token)).status, 401);
  }
  assert.equal((await internal(`/artifacts/sha256:${'0'.repeat(64)}`)).status, 404);
  assert.equal((await internal('/artifacts/..%2F..%2Fetc')).status, 404);
});

test('a release replaces the current one of its environment only, and If-Match makes it a compare-and-set', async () => {
  const { revision, etag } = await deploy('canary');
  const artifact = await made('/artifacts', uploadOf(tarOf('worker.js', '// next')));
  const next = await made('/services/canary/revisions', { kind: 'worker', artifact: artifact.id, entry: 'worker.js' });
  assert.equal(next['number'], 2);
  const path = '/services/canary/releases';
  const weights = [
    { revision, weight: 90 },
    { revision: '2', weight: 10 },
  ];
  assert.equal((await call('POST', path, { weights }, { 'if-match': '"other"' })).status, 412);
  const released = await call('POST', path, { weights }, { 'if-match': etag });
  assert.deepEqual([released.status, released.body['current']], [201, true], released.text);
  assert.equal((await call('POST', path, { weights }, { 'if-match': etag })).status, 412, 'it is another one now');
  await made(path, { environment: 'test', weights: [{ revision: next.id }] });
  const of = async (environment: string) => {
    const { services } = await desired();
    const found = services.find((one) => one.slug === 'canary' && one.environment === environment);
    return found?.revisions.map((one) => [one.id, one.weight]).toSorted();
  };
  assert.deepEqual(
    await of('live'),
    [
      [revision, 90],
      [next.id, 10],
    ].toSorted(),
  );
  assert.deepEqual(await of('test'), [[next.id, 100]]);
  assert.equal((await call('DELETE', `/services/canary/revisions/${revision}`)).status, 409);
  assert.equal((await call('DELETE', `${path}/live`)).status, 204);
  assert.equal(await of('live'), undefined);
  assert.equal((await call('DELETE', `/services/canary/revisions/1`)).status, 204);
  const listed = await call('GET', path);
  assert.deepEqual(
    (listed.body['items'] as { current: boolean }[]).map(({ current }) => current),
    [true, false],
  );
});

test('of releases at once that hold the same ETag, one is taken', async () => {
  const { revision, etag } = await deploy('raced');
  const path = '/services/raced/releases';
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => call('POST', path, { weights: [{ revision }] }, { 'if-match': etag })),
  );
  assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, ...Array<number>(7).fill(412)]);
  const all = await Promise.all(Array.from({ length: 8 }, () => call('POST', path, { weights: [{ revision }] })));
  assert.deepEqual(
    all.map(({ status }) => status),
    Array<number>(8).fill(201),
  );
  const listed = (await call('GET', path)).body['items'] as { current: boolean }[];
  assert.deepEqual(
    listed.map(({ current }) => current),
    [true, ...Array<boolean>(9).fill(false)],
  );
});

test('weights that do not sum to 100, foreign revisions and revisions named twice are refused in their place', async () => {
  const { revision } = await deploy('weights');
  const foreign = await deploy('foreign');
  const pointers = async (weights: object[]) => {
    const { status, body } = await call('POST', '/services/weights/releases', { weights });
    assert.equal(status, 400);
    return (body['violations'] as { pointer: string }[]).map(({ pointer }) => pointer);
  };
  assert.deepEqual(await pointers([{ revision, weight: 99 }]), ['/weights']);
  assert.deepEqual(await pointers([{ revision: foreign.revision }]), ['/weights/0/revision']);
  assert.deepEqual(
    await pointers([
      { revision, weight: 50 },
      { revision: '1', weight: 50 },
    ]),
    ['/weights/1/revision'],
  );
});

test('a revision needs a complete artifact that has its entry, and names that are free', async () => {
  await made('/services', { slug: 'needs' });
  const archive = tarOf('worker.js', '// complete');
  const upload = uploadOf(archive);
  const half = await made('/artifacts', { ...upload, content: archive.subarray(0, 600).toString('base64') });
  const path = '/services/needs/revisions';
  const body = { kind: 'worker', artifact: half.id, entry: 'worker.js' };
  const early = await call('POST', path, body);
  assert.deepEqual([early.status, early.body['code']], [409, 'state_conflict']);
  assert.match(String(early.body['detail']), /600 of 2048 bytes/);
  const rest = { offset: 600, content: archive.subarray(600).toString('base64') };
  assert.equal((await call('PATCH', `/artifacts/${half.id}`, rest)).body['state'], 'complete');
  for (const wrong of [
    { entry: 'other.js' },
    { entry: '../worker.js' },
    { variables: { PORT: '1' } },
    { limits: { memory_mb: 1 } },
  ]) {
    assert.equal((await call('POST', path, { ...body, ...wrong })).status, 400);
  }
  assert.equal((await call('POST', path, { ...body, artifact: upload.digest })).status, 201, 'also by its digest');
  assert.equal((await call('DELETE', `/artifacts/${half.id}`)).status, 409);
});

test('a tenant may deploy so often an hour, and ask for so much memory, and other tenants are not held by it', async () => {
  const [busy, other] = [await control.makeTenant('busy'), await control.makeTenant('other')];
  const by = as(busy);
  await deploy('many', by);
  const artifact = await made('/artifacts', uploadOf(tarOf('worker.js', '// busy')), by);
  const body = { kind: 'worker', artifact: artifact.id, entry: 'worker.js' };
  const large = { ...body, limits: { memory_mb: 8192 }, instances: { max: 9 } };
  const revision = await made('/services/many/revisions', large, by);
  const greedy = await by('POST', '/services/many/releases', { weights: [{ revision: revision.id }] });
  assert.deepEqual([greedy.status, greedy.body['code']], [409, 'quota_exceeded'], greedy.text);
  assert.match(String(greedy.body['detail']), /73728 MB/);
  const { services } = await desired();
  assert.deepEqual(services.find(({ slug }) => slug === 'many')?.revisions.length, 1, 'the earlier release stays');
  let answer = await by('POST', '/services/many/revisions', body);
  for (let n = 3; answer.status === 201; n += 1) {
    assert.ok(n <= limits.revisionsPerHourMax);
    answer = await by('POST', '/services/many/revisions', body);
  }
  assert.deepEqual([answer.status, answer.body['code']], [429, 'too_many_requests']);
  assert.ok(Number(answer.headers.get('retry-after')) > 3000);
  await deploy('free', as(other));
});

const bad: readonly (readonly [string, Buffer, RegExp])[] = [
  ['no tar', Buffer.alloc(2048, 'x'), /not an uncompressed tar/],
  ['a gzip', Buffer.concat([Buffer.from('1f8b08', 'hex'), Buffer.alloc(1021, 7)]), /not an uncompressed tar/],
  ['a broken tar', tarOf('worker.js', 'x'.repeat(3000)).subarray(0, 2048), /not an uncompressed tar/],
  ['a symbolic link', tarOf('worker.js', '', '2', '/etc/passwd'), /only have regular files/],
  ['a hard link', tarOf('worker.js', '', '1', 'other'), /only have regular files/],
  ['a device', tarOf('null', '', '3'), /only have regular files/],
  ['a path upwards', tarOf('../worker.js', 'x'), /not a plain relative path/],
  ['an absolute path', tarOf('/worker.js', 'x'), /not a plain relative path/],
  ['a file twice', Buffer.concat([tarOf('a.js', 'x').subarray(0, 1024), tarOf('a.js', 'x')]), /twice/],
  ['an empty tar', Buffer.alloc(1024), /no file in it/],
];

for (const [name, archive, said] of bad) {
  test(`an upload of ${name} is refused with what to do, and nothing is left of it`, async () => {
    const answer = await call('POST', '/artifacts', uploadOf(archive));
    assert.deepEqual([answer.status, answer.body['code']], [422, 'artifact_invalid'], answer.text);
    assert.match(String(answer.body['detail']), said);
    const digest = uploadOf(archive).digest;
    assert.deepEqual((await call('GET', `/artifacts?digest=${digest}`)).body['items'], []);
    assert.deepEqual(await readdir(`${control.artifacts}/incoming`), []);
    assert.equal((await internal(`/artifacts/${digest}`)).status, 404);
  });
}

test('what is not what its digest says, or longer than announced, is refused', async () => {
  const archive = tarOf('worker.js', '// digest');
  const upload = uploadOf(archive);
  const wrong = await call('POST', '/artifacts', { ...upload, digest: `sha256:${'1'.repeat(64)}` });
  assert.equal(wrong.body['code'], 'artifact_invalid');
  assert.ok(String(wrong.body['detail']).includes(upload.digest));
  const long = await call('POST', '/artifacts', { ...upload, size_bytes: 100 });
  assert.equal(long.body['code'], 'artifact_invalid');
  const huge = await call('POST', '/artifacts', { ...upload, size_bytes: hostingLimits.artifactBytesMax + 1 });
  assert.equal(huge.status, 400);
  assert.deepEqual(await readdir(`${control.artifacts}/incoming`), []);
});

test('an upload goes on at the offset that is there; a gap is refused with the offset', async () => {
  const archive = tarOf('worker.js', 'y'.repeat(5000));
  const { digest, size_bytes } = uploadOf(archive);
  const { id } = await made('/artifacts', { digest, size_bytes });
  const send = (offset: number, to: number) =>
    call('PATCH', `/artifacts/${id}`, { offset, content: archive.subarray(offset, to).toString('base64') });
  assert.equal((await send(0, 1000)).body['received_bytes'], 1000);
  const gap = await send(2000, 3000);
  assert.deepEqual([gap.status, /offset 1000/.test(String(gap.body['detail']))], [409, true]);
  assert.equal((await send(500, 3000)).body['received_bytes'], 3000, 'a piece may come again');
  assert.equal((await send(3000, size_bytes)).body['state'], 'complete');
  const bytes = Buffer.from(await (await internal(`/artifacts/${digest}`)).arrayBuffer());
  assert.ok(bytes.equals(archive));
});

test('a version takes a service as its upstream, and the service stays as long as a version names it', async () => {
  const { service } = await deploy('behind');
  await made('/apis', { slug: 'orders', name: 'Orders' });
  const upstreams = [{ service: 'behind' }, { url: 'http://127.0.0.1:9', environment: 'test' }];
  const version = await made('/apis/orders/versions', { name: 'v1', upstreams });
  assert.deepEqual(version['upstreams'], [
    { service: 'behind', weight: 1 },
    { url: 'http://127.0.0.1:9', weight: 1, environment: 'test' },
  ]);
  const { changes } = await readFeed(control);
  const object = changes.find(({ key }) => key === version.id)?.object as { upstreams: object[] };
  assert.deepEqual(object.upstreams[0], { url: 'http://behind.acme.internal', service, weight: 1 });
  for (const wrong of [{}, { url: 'http://127.0.0.1:9', service: 'behind' }, { service: 'nothing' }]) {
    const refused = await call('PATCH', '/apis/orders/versions/v1', { upstreams: [wrong] });
    assert.equal(refused.status, 400, JSON.stringify(wrong));
  }
  const used = await call('DELETE', '/services/behind');
  assert.deepEqual([used.status, used.body['code']], [409, 'in_use']);
  assert.match(String(used.body['detail']), /orders\/v1/);
  assert.equal((await call('PATCH', '/apis/orders/versions/v1', { upstreams: [upstreams[1] ?? {}] })).status, 200);
  assert.equal((await call('DELETE', '/services/behind')).status, 204);
  assert.equal(
    (await desired()).services.some(({ id }) => id === service),
    false,
  );
});

test('a report counts once, and its instances are those of the host', async () => {
  const { service, revision } = await deploy('reported');
  const host = 'hst_00000000000000000000000002';
  const of = { service, environment: 'live', revision } as const;
  const instance = {
    ...of,
    id: 'isn_00000000000000000000000002',
    state: 'ready',
    detail: null,
    isolation: 'process',
    restarts: 1,
    started_at_ms: 1_700_000_000_000,
  };
  const sum = {
    ...of,
    minute_ms: 1_700_000_000_000,
    requests: 3,
    errors: 1,
    cpu_ms: 7,
    memory_mb_ms: 64_000,
    egress_bytes: 0,
    cold_starts: 1,
  };
  const report = async (seq: number, instances: object[]) => {
    const body = JSON.stringify({ host, seq, instances, usage: [sum, sum], logs: [] });
    const answer = await internal('/report', { method: 'POST', body });
    assert.equal(answer.status, 200);
    return ((await answer.json()) as { seq: number }).seq;
  };
  assert.deepEqual(
    [await report(1, [instance]), await report(1, []), await report(2, [instance]), await report(1, [])],
    [1, 1, 2, 2],
  );
  const [used] = await control.database.store.system(
    'test',
    ({ sql }) => sql<{ requests: number; cpu_ms: number }[]>`
    select requests, cpu_ms from service_usage where service_id = ${service}`,
  );
  assert.deepEqual({ ...used }, { requests: 12, cpu_ms: 28 });
  const usage = await call('GET', '/services/reported/usage?from=2023-11-01T00:00:00Z');
  assert.deepEqual(usage.body['items'], [
    {
      environment: 'live',
      revision,
      requests: 12,
      errors: 4,
      cpu_ms: 28,
      gb_seconds: 0.25,
      egress_bytes: 0,
      cold_starts: 4,
    },
  ]);
  assert.deepEqual((await call('GET', '/services/reported/usage')).body['items'], [], 'the last 30 days');
  const listed = async () =>
    (await call('GET', '/services/reported/instances')).body['items'] as { state: string; restarts: number }[];
  assert.deepEqual(
    (await listed()).map(({ state, restarts }) => [state, restarts]),
    [['ready', 1]],
  );
  assert.equal(await report(3, []), 3);
  assert.deepEqual(await listed(), []);
  const foreign = { ...instance, service: 'svc_00000000000000000000000009' };
  assert.equal(await report(4, [foreign]), 4, 'what is of no service is left out');
});

test('lines of a service are read in their order, by those who may, and a reader goes on without a gap', async () => {
  const { service, revision } = await deploy('talker');
  const host = 'hst_00000000000000000000000003';
  const of = { service, environment: 'live', revision, instance: 'isn_00000000000000000000000003' };
  let seq = 0;
  const report = async (...texts: string[]) => {
    seq += 1;
    const lines = texts.map((text) => ({ ...of, at_ms: Date.now(), stream: 'stdout', text }));
    const body = JSON.stringify({ host, seq, instances: [], usage: [], logs: lines });
    assert.equal((await internal('/report', { method: 'POST', body })).status, 200);
  };
  type Lines = { items: { text: string; instance: string }[]; after: string };
  const read = async (query = '') => {
    const { body } = await call('GET', `/services/talker/logs${query}`);
    return body as unknown as Lines;
  };
  await report('one', 'two', 'a\0b\ud800');
  const first = await read('?limit=2');
  assert.deepEqual(
    first.items.map(({ text }) => text),
    ['two', 'a\ufffdb\ufffd'],
  );
  await report('three', 'four', 'five');
  const next = await read(`?limit=2&after=${first.after}`);
  assert.deepEqual(
    next.items.map(({ text }) => text),
    ['three', 'four'],
  );
  assert.deepEqual(
    (await read(`?after=${next.after}`)).items.map(({ text }) => text),
    ['five'],
  );
  assert.deepEqual((await read('?environment=test')).items, []);
  const viewer = await control.call('GET', `/tenants/${tenant.id}/services/talker/logs`, {
    token: tenant.tokens.viewer,
  });
  assert.equal(viewer.status, 403);
});
