import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
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

test('a list goes through all tenants page by page, and a search finds by the beginning of slug or name', async () => {
  for (const slug of ['zeta-1', 'zeta-2', 'zeta-3']) {
    await control.call('POST', '/tenants', { body: { slug, name: `Omega ${slug}` } });
  }
  type Page = { items: { slug: string }[]; next: string | null };
  const seen: string[] = [];
  let cursor: string | null = '';
  while (cursor !== null) {
    const query: string = `search=ZETA&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`;
    const page: { body: Page } = await control.call<Page>('GET', `/tenants?${query}`);
    seen.push(...page.body.items.map(({ slug }) => slug));
    cursor = page.body.next;
  }
  assert.deepEqual(seen, ['zeta-1', 'zeta-2', 'zeta-3']);
  const byName = await control.call<Page>('GET', '/tenants?search=omega');
  assert.equal(byName.body.items.length, 3);
  const odd = await control.call<Page>('GET', `/tenants?search=${encodeURIComponent('%_\\')}`);
  assert.deepEqual([odd.status, odd.body.items], [200, []]);
});

test('a cursor that no page has given is a violation', async () => {
  const ofAnotherList = Buffer.from('1:api_01h455vb4pex5vsknk084sn02q').toString('base64url');
  for (const cursor of [ofAnotherList, 'x', 'AAAA', '1:ten_0', Buffer.from("1:' or 1=1").toString('base64url')]) {
    const answer = await control.call('GET', `/tenants?cursor=${encodeURIComponent(cursor)}`);
    assert.equal(answer.status, 400, cursor);
  }
});

test('a suspended tenant is refused until it is resumed', async () => {
  const { id, tokens } = await control.makeTenant('paused');
  assert.equal((await control.call('GET', `/tenants/${id}`, { token: tokens.owner })).status, 200);
  const suspended = await control.call('POST', `/tenants/${id}/suspend`);
  assert.equal(suspended.body['state'], 'suspended');
  const refused = await control.call('GET', `/tenants/${id}`, { token: tokens.owner });
  assert.deepEqual([refused.status, refused.body['code']], [403, 'tenant_suspended']);
  assert.equal((await control.call('POST', `/tenants/${id}/suspend`)).status, 409);
  await control.call('POST', `/tenants/${id}/resume`);
  assert.equal((await control.call('GET', `/tenants/${id}`, { token: tokens.owner })).status, 200);
});

test('a deleted tenant stops at once, may be read and exported, and can be restored by its owner', async () => {
  const { id, tokens } = await control.makeTenant('leaving');
  const token = tokens.owner;
  const deleted = await control.call('DELETE', `/tenants/${id}`, { token });
  assert.deepEqual([deleted.status, deleted.body['state']], [202, 'deleting']);
  const days =
    (Date.parse(String(deleted.body['delete_at'])) - Date.parse(String(deleted.body['updated_at']))) / 86_400_000;
  assert.equal(days, 30);
  const refused = await control.call('GET', `/tenants/${id}/members`, { token });
  assert.deepEqual([refused.status, refused.body['code']], [409, 'state_conflict']);
  assert.equal((await control.call('GET', `/tenants/${id}`, { token })).status, 200);
  assert.equal((await control.call('GET', `/tenants/${id}/export`, { token })).status, 200);
  const restored = await control.call('POST', `/tenants/${id}/restore`, { token });
  assert.equal(restored.body['state'], 'active');
  assert.equal((await control.call('GET', `/tenants/${id}/members`, { token })).status, 200);
});

test('gateways learn when a tenant stops and when it is served again', async () => {
  const { id } = await control.makeTenant('told');
  const state = (): Promise<string> =>
    control.database.store.system('test', async ({ sql }) => {
      const [row] = await sql<{ state: string }[]>`
        select object ->> 'state' as state from snapshot_objects where kind = 'tenant' and key = ${id}`;
      return row?.state ?? 'absent';
    });
  assert.equal(await state(), 'active');
  await control.call('POST', `/tenants/${id}/suspend`);
  assert.equal(await state(), 'suspended');
  await control.call('DELETE', `/tenants/${id}`);
  await control.call('POST', `/tenants/${id}/resume`);
  assert.equal(await state(), 'suspended', 'still being deleted');
  await control.call('POST', `/tenants/${id}/restore`);
  assert.equal(await state(), 'active');
});

test('an export has every tenant table, all rows of the tenant, none of another, and no secret', async () => {
  const mine = await control.makeTenant('packed');
  const other = await control.makeTenant('not-packed');
  const response = await fetch(`${control.url}/api/v1/tenants/${mine.id}/export`, {
    headers: { authorization: `Bearer ${mine.tokens.owner}` },
  });
  assert.equal(response.headers.get('content-type'), 'application/gzip');
  const files = await unpack(Buffer.from(await response.arrayBuffer()));
  const manifest = JSON.parse(files.get('manifest.json') ?? '') as { rows: Record<string, number> };
  const tables = await control.database.store.system('test', async ({ sql }) => {
    const rows = await sql<{ table_name: string }[]>`
      select table_name from information_schema.columns where table_schema = 'public' and column_name = 'tenant_id'`;
    return rows.map((row) => row.table_name);
  });
  // The export leaves out the data of the identity server: its sessions, its keys, and how its people sign in.
  const sessions = ['identity_artifacts', 'signing_keys', 'sign_ins', 'address_proofs'];
  const kept = [...sessions, 'authenticators', 'passkeys', 'recovery_codes'];
  const own = tables.filter((name) => !kept.includes(name));
  assert.deepEqual(Object.keys(manifest.rows).toSorted(), own.toSorted());
  assert.equal(manifest.rows['members'], 4);
  assert.equal(manifest.rows['tokens'], 4);
  const all = [...files.values()].join('\n');
  for (const id of Object.values(mine.members)) assert.ok(all.includes(id));
  for (const id of [other.id, ...Object.values(other.members)]) assert.ok(!all.includes(id));
  assert.ok(!all.includes('secret_'));
  for (const token of Object.values(mine.tokens)) {
    const secret = token.split('_')[2] ?? '';
    assert.ok(!all.includes(secret) && !all.includes(createHash('sha256').update(secret).digest('base64url')));
  }
});

async function unpack(bytes: Buffer): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  const unpacked = Readable.from([bytes])
    .pipe(createGunzip())
    .pipe(extract() as unknown as NodeJS.ReadWriteStream);
  for await (const entry of unpacked as unknown as AsyncIterable<
    AsyncIterable<Buffer> & { header: { name: string } }
  >) {
    const pieces: Buffer[] = [];
    for await (const piece of entry) pieces.push(piece);
    files.set(entry.header.name, Buffer.concat(pieces).toString());
  }
  return files;
}
