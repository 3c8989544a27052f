import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestControl, type TestControl, type TestTenant } from './fixture.ts';

let control: TestControl;
let tenant: TestTenant;
before(async () => {
  control = await startTestControl();
  tenant = await control.makeTenant('acme');
});
after(() => control.stop());

const members = (): string => `/tenants/${tenant.id}/members`;
const rowsOf = async (table: string): Promise<number> =>
  control.database.store.system('test', async ({ sql }) => {
    const [row] = await sql<{ n: number }[]>`select count(*)::int as n from ${sql(table)}`;
    return row?.n ?? 0;
  });

test('a write sent twice with one Idempotency-Key happens once and is answered twice alike', async () => {
  const send = () =>
    control.call('POST', `/tenants/${tenant.id}/tokens`, {
      token: tenant.tokens.owner,
      body: { member: tenant.members.owner, name: 'twice' },
      headers: { 'idempotency-key': 'k-1' },
    });
  const first = await send();
  const before = await rowsOf('audit');
  const second = await send();
  assert.deepEqual([first.status, second.status], [201, 201]);
  assert.equal(second.text, first.text, 'the secret too');
  assert.equal(second.headers.get('location'), first.headers.get('location'));
  assert.equal(second.headers.get('idempotency-replayed'), 'true');
  assert.equal(await rowsOf('audit'), before);
});

test('of twenty at once with one key, one runs and all get its answer', async () => {
  const before = await rowsOf('members');
  const answers = await Promise.all(
    Array.from({ length: 20 }, () =>
      control.call('POST', members(), {
        body: { email: 'race@acme.test', role: 'viewer' },
        headers: { 'idempotency-key': 'race' },
      }),
    ),
  );
  assert.equal(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
  assert.equal(answers[0]?.status, 201);
  assert.equal(await rowsOf('members'), before + 1);
});

test('creating a tenant is idempotent too', async () => {
  const send = (slug: string) =>
    control.call('POST', '/tenants', { body: { slug, name: 'x' }, headers: { 'idempotency-key': 'tenant-1' } });
  const answers = await Promise.all([send('idem'), send('idem'), send('idem')]);
  assert.equal(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size, 1);
  assert.equal(answers[0]?.status, 201);
  const other = await send('other');
  assert.deepEqual([other.status, other.body['code']], [409, 'idempotency_mismatch']);
});

test('one key for another body, operation or path is refused; another credential has keys of its own', async () => {
  const headers = { 'idempotency-key': 'mine' };
  const body = { email: 'idem@acme.test', role: 'viewer' };
  assert.equal((await control.call('POST', members(), { body, headers })).status, 201);
  const mismatch = await control.call('POST', members(), { body: { ...body, role: 'admin' }, headers });
  assert.equal(mismatch.body['code'], 'idempotency_mismatch');
  const others = await control.call('POST', members(), { body, headers, token: tenant.tokens.owner });
  assert.equal(others.body['code'], 'conflict');
});

test('a refused write keeps no answer: mended, it may be sent with the same key', async () => {
  const headers = { 'idempotency-key': 'mended' };
  const refused = await control.call('DELETE', `${members()}/${tenant.members.owner}`, { headers });
  assert.equal(refused.status, 409);
  assert.equal(
    (await control.call('PATCH', `${members()}/${tenant.members.viewer}`, { body: { role: 'viewer' }, headers }))
      .status,
    200,
  );
});

test('a key that is no key is a violation', async () => {
  for (const key of ['x'.repeat(256), 'a b']) {
    const answer = await control.call('POST', members(), {
      body: { email: 'k@acme.test', role: 'viewer' },
      headers: { 'idempotency-key': key },
    });
    assert.equal(answer.status, 400);
  }
});

test('If-Match lets one of two writers through', async () => {
  const path = `${members()}/${tenant.members.developer}`;
  const etag = (await control.call('GET', path)).headers.get('etag') ?? '';
  assert.match(etag, /^"[^"]+"$/);
  const answers = await Promise.all(
    ['admin', 'viewer'].map((role) => control.call('PATCH', path, { body: { role }, headers: { 'if-match': etag } })),
  );
  assert.deepEqual(answers.map(({ status }) => `${status}`).toSorted(), ['200', '412']);
  const changed = answers.find(({ status }) => status === 200);
  assert.notEqual(changed?.headers.get('etag'), etag);
  const next = await control.call('PATCH', path, {
    body: { role: 'developer' },
    headers: { 'if-match': changed?.headers.get('etag') ?? '' },
  });
  assert.equal(next.status, 200);
});

test('If-Match takes lists and *, never a weak tag, and is not ignored where nothing is compared', async () => {
  const path = `/tenants/${tenant.id}`;
  const patch = (tag: string) => control.call('PATCH', path, { body: { name: 'Acme' }, headers: { 'if-match': tag } });
  const etag = (await control.call('GET', path)).headers.get('etag') ?? '';
  assert.equal((await patch(`W/${etag}`)).status, 412);
  assert.equal((await patch(`"other", ${etag}`)).status, 200);
  assert.equal((await patch('*')).status, 200);
  const post = await control.call('POST', members(), {
    body: { email: 'm@acme.test', role: 'viewer' },
    headers: { 'if-match': '"x"' },
  });
  assert.equal(post.status, 412);
});

test('a caller gets its errors in this order: credential, tenant, role, input', async () => {
  const bad = '{';
  const path = members();
  const post = (token: string, at = path) => control.call('POST', at, { token, body: bad });
  assert.equal((await post('')).status, 401);
  assert.equal((await post(tenant.tokens.viewer, '/tenants/nobody/members')).status, 404);
  assert.equal((await post(tenant.tokens.viewer)).status, 403);
  const malformed = await post(tenant.tokens.owner);
  assert.deepEqual([malformed.status, malformed.body['code']], [400, 'malformed_request']);
});

test('a body is JSON, says so, and is not larger than it may be', async () => {
  const plain = await control.call('POST', members(), { body: 'x', headers: { 'content-type': 'text/plain' } });
  assert.equal(plain.status, 415);
  const large = await control.call('POST', members(), { body: `"${'x'.repeat(17 * 1024 * 1024)}"` });
  assert.equal(large.status, 413);
  const unknown = await control.call<{ violations: unknown }>('GET', `${members()}?colour=red&limit=0`);
  assert.deepEqual(unknown.body.violations, [
    { pointer: 'limit', message: 'Too small: expected number to be >=1' },
    { pointer: 'colour', message: 'is not known here' },
  ]);
});

test('what is not offered is 404 or 405 with Allow; HEAD and OPTIONS are answered', async () => {
  assert.equal((await control.call('GET', '/nothing')).status, 404);
  const refused = await control.call('PUT', '/tenants');
  assert.deepEqual([refused.status, refused.headers.get('allow')], [405, 'GET, HEAD, OPTIONS, POST']);
  const options = await control.call('OPTIONS', '/tenants');
  assert.deepEqual([options.status, options.headers.get('allow')], [204, 'GET, HEAD, OPTIONS, POST']);
  const head = await control.call('HEAD', `/tenants/${tenant.id}`);
  const get = await control.call('GET', `/tenants/${tenant.id}`);
  assert.deepEqual([head.status, head.text], [200, '']);
  assert.equal(head.headers.get('content-length'), get.headers.get('content-length'));
});

test('every answer has a request id and the headers that keep it out of caches and frames', async () => {
  const answers = [
    await control.call('GET', '/whoami'),
    await control.call('GET', '/nothing'),
    await control.call('GET', '/whoami', { token: '' }),
  ];
  for (const { headers } of answers) {
    assert.match(headers.get('tulou-request-id') ?? '', /^req_/);
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
  }
});

test('credentials of other kinds do not open the control API', async () => {
  assert.equal((await control.call('GET', '/tenants', { token: control.node })).status, 401);
  const wrongScheme = await control.call('GET', '/whoami', {
    token: '',
    headers: { authorization: `Basic ${control.operator}` },
  });
  assert.equal(wrongScheme.status, 401);
});
