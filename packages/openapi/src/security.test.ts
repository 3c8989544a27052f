import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOpenapi } from './read.ts';

const securitySchemes = {
  oauth: { type: 'oauth2', flows: {} },
  openid: { type: 'openIdConnect', openIdConnectUrl: 'https://example.com' },
  bearer: { type: 'http', scheme: 'Bearer' },
  basic: { type: 'http', scheme: 'basic' },
  key: { type: 'apiKey', in: 'header', name: 'X-Key' },
  alias: { $ref: '#/components/securitySchemes/key' },
  tls: { type: 'mutualTLS' },
};

/** Reads a document whose operations have these `security`s. */
function read(securities: readonly unknown[], ofDocument?: unknown) {
  const operations = securities.map((security, n): [string, object] => [
    `/p${n}`,
    { get: { ...(security === undefined ? {} : { security }), responses: { 200: { description: 'fine' } } } },
  ]);
  const document = {
    openapi: '3.1.0',
    info: { title: 'Orders', version: '1' },
    ...(ofDocument === undefined ? {} : { security: ofDocument }),
    paths: Object.fromEntries([...operations, ['/open', { get: { security: [] } }]]),
    components: { securitySchemes },
  };
  const result = readOpenapi(JSON.stringify(document));
  assert.ok(result.ok, JSON.stringify(result.report));
  return result;
}

const accessOf = (securities: readonly unknown[], ofDocument?: unknown) => read(securities, ofDocument).access;

test('what callers show follows from the schemes that operations ask for', () => {
  assert.equal(accessOf([[{ oauth: ['read'] }]]), 'token');
  assert.equal(accessOf([[{ openid: [] }]]), 'token');
  assert.equal(accessOf([[{ bearer: [] }]]), 'token');
  assert.equal(accessOf([[{ key: [] }]]), 'key');
  assert.equal(accessOf([[{ alias: [] }]]), 'key');
  assert.equal(accessOf([[{ key: [] }, { oauth: [] }]]), 'any');
  assert.equal(accessOf([[{ key: [] }], [{ bearer: [] }]]), 'any');
  assert.equal(accessOf([[{ key: [], oauth: [] }]]), 'token', 'both at once: the token carries the scopes');
  assert.equal(accessOf([undefined], [{ key: [] }]), 'key', 'an operation has the security of the document');
});

test('a document that asks for nothing that a gateway checks says nothing about it', () => {
  assert.equal(accessOf([undefined]), undefined);
  assert.equal(accessOf([[]], [{ oauth: [] }]), undefined, 'only operations count');
  assert.equal(accessOf([[{}]]), undefined);
  assert.equal(accessOf([[{ basic: [] }]]), undefined);
  assert.equal(accessOf([[{ tls: [] }]]), undefined);
});

test('a security that can be read in two ways costs the operations that it is for', () => {
  for (const security of [{ oauth: ['read'] }, 'oauth', [['oauth']], [5], [{ oauth: { read: true } }]]) {
    const { unpublished, report } = read([security]);
    assert.deepEqual([unpublished.map(({ path }) => path), report.errors], [['/p0'], 1], JSON.stringify(security));
  }
});

test('a security of the document that can be read in two ways costs all operations without their own', () => {
  const { unpublished, operations, report } = read([undefined, [{ key: [] }], undefined], { oauth: ['read'] });
  assert.deepEqual(
    [unpublished.map(({ path }) => path), operations.map(({ path }) => path), report.errors],
    [['/p0', '/p2'], ['/p1', '/open'], 1],
  );
});

test('scopes of a scheme that is not declared are asked for, and the scheme is one finding', () => {
  const { operations, report, access } = read([[{ gone: ['read'] }], [{ gone: ['write'] }], [{ key: ['role'] }]]);
  assert.deepEqual(
    operations.map(({ scopes }) => scopes),
    [['read'], ['write'], undefined, undefined],
  );
  assert.deepEqual([report.errors, report.warnings, access], [0, 1, 'any']);
  assert.match(report.items[0]?.message ?? '', /`gone` is not declared .* 2 places use it/);
});

test('scopes that are a text instead of a list are asked for, all of them', () => {
  assert.deepEqual(read([[{ oauth: 'read write' }]]).operations[0]?.scopes, ['read', 'write']);
});
