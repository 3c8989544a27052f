import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestControl, type TestControl } from './fixture.ts';

let control: TestControl;
before(async () => void (control = await startTestControl()));
after(() => control.stop());

test('a tenant that is created can be read by id and by slug', async () => {
  const created = await control.call('POST', '/tenants', { body: { slug: 'acme', name: 'Acme' } });
  assert.equal(created.status, 201);
  assert.equal(created.headers.get('location'), `/api/v1/tenants/${String(created.body['id'])}`);
  for (const name of ['acme', String(created.body['id'])]) {
    const read = await control.call('GET', `/tenants/${name}`);
    assert.equal(read.status, 200);
    assert.deepEqual(read.body, created.body);
    assert.equal(read.headers.get('etag'), created.headers.get('etag'));
  }
});

test('a slug is taken once', async () => {
  await control.call('POST', '/tenants', { body: { slug: 'twice', name: 'one' } });
  const second = await control.call('POST', '/tenants', { body: { slug: 'twice', name: 'two' } });
  assert.equal(second.status, 409);
  assert.equal(second.body['code'], 'conflict');
});

test('every violation of a body is named by its pointer, in one answer', async () => {
  const answer = await control.call('POST', '/tenants', { body: { slug: 'No!', name: '', colour: 'red' } });
  assert.equal(answer.status, 400);
  const pointers = (answer.body['violations'] as { pointer: string }[]).map(({ pointer }) => pointer);
  assert.deepEqual(pointers.toSorted(), ['/colour', '/name', '/slug']);
});
