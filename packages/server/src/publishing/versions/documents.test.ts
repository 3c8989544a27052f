import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFeed } from '../../../test/control/feed.ts';
import { startTestControl, type TestControl } from '../../../test/control/fixture.ts';
import { make, makeProvider } from '../../../test/control/nouns.ts';

let control: TestControl;
before(async () => {
  control = await startTestControl();
  await makeProvider(control.call, 'provider');
});
after(() => control.stop());

const path = '/tenants/provider/apis/orders/versions';
const upstreams = [{ url: 'https://orders.example.com/base' }];
const words = { en: 'Read', zh: '读取' };

/** A document with one operation that needs these scopes, and with optional further paths. */
const scoped = (scopes: readonly string[], more: object = {}) => ({
  openapi: '3.1.0',
  info: { title: 'Orders', version: '1' },
  paths: {
    '/orders': { get: { security: [{ login: scopes }], responses: { 200: { description: 'all' } } } },
    ...more,
  },
  components: { securitySchemes: { login: { type: 'openIdConnect', openIdConnectUrl: 'https://example.com' } } },
});

async function told(id: string): Promise<Record<string, unknown> | undefined> {
  const { changes } = await readFeed(control);
  return changes.find(({ key }) => key === id)?.object as Record<string, unknown> | undefined;
}

/** Publishes a version whose body is this text, byte for byte. */
const publish = async (body: string) => {
  const response = await fetch(`${control.url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${control.operator}`, 'content-type': 'application/json' },
    body,
  });
  return { status: response.status, text: await response.text() };
};

test('a document comes out as it went in: an object, JSON as text, YAML', async () => {
  const object =
    '{ "openapi": "3.1.0",\n "info": {"title": "Größe", "version": "1"}, "paths": {}, "x-max": 9007199254740993 }';
  const sent = await publish(`{"openapi": ${object}, "name": "object"}`);
  assert.equal(sent.status, 201, sent.text);
  assert.equal((await control.call('GET', `${path}/object/openapi`)).text, object);
  await make(control.call, path, { name: 'json', openapi: object });
  const json = await control.call('GET', `${path}/json/openapi`);
  assert.deepEqual([json.text, json.headers.get('content-type')], [object, 'application/json']);
  const yaml = '# Orders\r\nopenapi: 3.1.0\ninfo: {title: Orders, version: "1"}\npaths: {}\nx-max: 9007199254740993\n';
  await fetch(`${control.url}/api/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${control.operator}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'yaml', openapi: yaml }),
  });
  const headers = { authorization: `Bearer ${control.operator}` };
  const asSent = await fetch(`${control.url}/api/v1${path}/yaml/openapi`, { headers });
  assert.deepEqual([await asSent.text(), asSent.headers.get('content-type')], [yaml, 'application/yaml']);
  const asJson = await fetch(`${control.url}/api/v1${path}/yaml/openapi`, {
    headers: { ...headers, accept: 'application/json' },
  });
  assert.deepEqual(
    [await asJson.text(), asJson.headers.get('content-type')],
    [
      '{"openapi":"3.1.0","info":{"title":"Orders","version":"1"},"paths":{},"x-max":9007199254740993}',
      'application/json',
    ],
  );
});

test('if a name occurs twice in the body, the last value counts', async () => {
  const openapi = (title: string) => `{"openapi": "3.1.0", "info": {"title": "${title}", "version": "1"}, "paths": {}}`;
  const sent = await publish(`{"openapi": ${openapi('a')}, "name": "last", "\\u006fpenapi": ${openapi('b')}}`);
  assert.equal(sent.status, 201, sent.text);
  assert.equal((await control.call('GET', `${path}/last/openapi`)).text, openapi('b'));
});

test('findings are in the answer of a publish, counted in the version, and listed', async () => {
  const openapi = { ...scoped([]), tags: [{ name: 'a' }, { name: 'a' }] };
  const { body, headers } = await control.call('POST', path, { body: { name: 'found', upstreams, openapi } });
  const findings = body['findings'] as { warnings: number; items: { severity: string; message: string }[] };
  assert.equal(findings.warnings, 1);
  assert.match(findings.items[0]?.message ?? '', /The tag "a" is declared a second time/);
  const read = await control.call('GET', `${path}/found`);
  assert.deepEqual(read.body['findings'], { errors: 0, warnings: 1 });
  assert.equal(headers.get('etag'), read.headers.get('etag'), 'the tag of the answer is that of the version');
  assert.deepEqual((await control.call('GET', `${path}/found/findings`)).body, findings);
  const changed = await control.call('PATCH', `${path}/found`, {
    body: { timeout_ms: 5 },
    headers: { 'if-match': headers.get('etag') ?? '' },
  });
  assert.deepEqual([changed.status, changed.body['findings']], [200, findings]);
  const cleared = await control.call('PATCH', `${path}/found`, { body: { openapi: scoped([]) } });
  assert.deepEqual(cleared.body['findings'], { errors: 0, warnings: 0, items: [] });
});

test('with `strict_document` a warning refuses the document', async () => {
  const openapi = { ...scoped([]), tags: [{ name: 'a' }, { name: 'a' }] };
  const body = { name: 'strictly', upstreams, openapi, strict_document: true };
  const answer = await control.call('POST', path, { body });
  assert.deepEqual([answer.status, answer.body['code']], [422, 'openapi_invalid']);
});

test('a scope that the API does not define refuses the document, with the command that defines it', async () => {
  const body = { name: 'undefined', upstreams, openapi: scoped(['sell', 'ship']) };
  const answer = await control.call('POST', path, { body });
  assert.deepEqual([answer.status, answer.body['code']], [422, 'openapi_invalid']);
  const violations = answer.body['violations'] as { pointer: string; message: string }[];
  assert.deepEqual(
    violations.map(({ pointer }) => pointer),
    ['/openapi/paths/~1orders/get/security', '/openapi/paths/~1orders/get/security'],
  );
  assert.match(violations[0]?.message ?? '', /`sell`.*tulou scopes create provider orders --name sell /);
  const draft = await control.call('POST', path, { body: { ...body, state: 'draft' } });
  assert.equal(draft.status, 201, 'a draft is not published');
  const live = await control.call('PATCH', `${path}/undefined`, { body: { state: 'live' } });
  assert.deepEqual([live.status, live.body['code']], [422, 'openapi_invalid']);
  for (const name of ['sell', 'ship'])
    await control.call('POST', '/tenants/provider/apis/orders/scopes', {
      body: { name, risk: 'low', title: words, description: words },
    });
  assert.equal((await control.call('PATCH', `${path}/undefined`, { body: { state: 'live' } })).status, 200);
  assert.equal((await control.call('PATCH', `${path}/undefined`, { body: { openapi: scoped(['gone']) } })).status, 422);
});

test('a version whose operations require scopes is strict and takes tokens by default', async () => {
  await control.call('POST', '/tenants/provider/apis/orders/scopes', {
    body: { name: 'read', risk: 'low', title: words, description: words },
  });
  const version = await make(control.call, path, { name: 'scoped', upstreams, openapi: scoped(['read']) });
  assert.deepEqual([version['strict'], version['access']], [true, 'token']);
  assert.equal((await told(version.id))?.['strict'], true);
  const loose = await control.call('PATCH', `${path}/scoped`, { body: { strict: false, access: 'any' } });
  assert.deepEqual([loose.body['strict'], loose.body['access']], [false, 'any']);
  assert.equal((await told(version.id))?.['strict'], false);
  const plain = await make(control.call, path, { name: 'plain', upstreams, openapi: scoped([]) });
  assert.deepEqual([plain['strict'], plain['access']], [false, 'token']);
  const silent = await make(control.call, path, { name: 'silent', upstreams });
  assert.deepEqual([silent['strict'], silent['access']], [false, 'key']);
});

test('a version can be strict only with operations to forward', async () => {
  const answer = await control.call('POST', path, { body: { name: 'empty', upstreams, strict: true } });
  assert.deepEqual(answer.body['violations'], [
    { pointer: '/strict', message: 'needs an OpenAPI document with operations: every call would be refused' },
  ]);
});

test('an operation with an error is not published, and is refused if the version is not strict but has scopes', async () => {
  const twin = { '/Orders': { get: { security: [], responses: { 200: { description: 'open' } } } } };
  const other = { '/other': { get: { security: [{ login: ['read'] }], responses: { 200: { description: 'fine' } } } } };
  const openapi = scoped(['read'], { ...twin, ...other });
  const version = await make(control.call, path, { name: 'twins', upstreams, openapi });
  assert.deepEqual([version['operations'], version['strict']], [1, true]);
  assert.deepEqual((await told(version.id))?.['operations'], [
    { id: 'get_other', method: 'GET', path: '/other', scopes: ['read'] },
  ]);
  const loose = await control.call('POST', path, { body: { name: 'loose', upstreams, openapi, strict: false } });
  assert.deepEqual([loose.status, loose.body['code']], [422, 'openapi_invalid']);
});
