/**
 * The data of 0.1.0, served by this version. `data-0.1.0.tulou` holds what that release had written into its database (its
 * migrations, 0001 to 0012) after one object of every noun was made through its API, and its master key.
 */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Operation } from '@tulou/contract';
import { operations as nouns } from '@tulou/contract/operations/index';
import { verify } from '../../src/store/backup/format.ts';
import { ownMigrations } from '../../src/store/migrate.ts';
import { probe } from '../../src/store/prepare.ts';
import { clientOf, type Client } from '../control/fixture.ts';
import { make } from '../control/nouns.ts';
import { temporary, tulou, until, up } from '../faults/platform.ts';
import type { TestDatabase } from '../harness.ts';
import { openBrowser } from '../identity/browser.ts';
import { signInAt } from '../identity/signing-in.ts';
import { openEmptyDatabase } from './databases.ts';
import { schemaViolations } from './schema.ts';

const file = join(import.meta.dirname, 'data-0.1.0.tulou');
/** As 0.1.0 gave them out, for these data only. */
const given = {
  key: 'tlk_live_0354Mua5v91OfF9HOSJi1S8BQmFFbDokl_kqLZclRfusABq7JTFYt0BJpllwNOFXVL1SH7hXoQQcL_2dRhwL',
  token: 'tlt_0354MuYqcQ2xj5uYN7zUwkAGtZV1FyCDn_Ab6US3aLo73GN3IAinDQ7mcMfuu8CiT269cXlo0EKPc_13w6JF',
  operator: 'tlo_00000000000000000000005U8jLI8v6wY_Z8ms9vTl6urkWLjqLanVuK6An1vw0mKWXH7N5nWJBaU_1skGGY',
};

let place: Awaited<ReturnType<typeof temporary>>;
let database: TestDatabase;
let platform: Awaited<ReturnType<typeof up>>;
let call: Client;

before(async () => {
  place = await temporary();
  database = await openEmptyDatabase();
  const data = join(place.path, 'data');
  await mkdir(data, { mode: 0o711 });
  await writeFile(join(data, 'operator.token'), `${given.operator}\n`, { mode: 0o600 });
  const env = { TULOU_DATABASE_URL: database.url };
  const restored = await tulou('restore', { data, ports: [], args: [file], env }).ended;
  assert.equal(restored.code, 0, restored.stderr);
  platform = await up({ data, env });
  call = clientOf(`${platform.at.platform}/api/v1`, given.operator);
});
after(async () => {
  platform.kill('SIGTERM');
  await platform.ended;
  await database.close();
  await place.remove();
});

test('the data are those of 0.1.0, and have every migration since', async () => {
  const { header } = await verify(file);
  assert.deepEqual(
    header.migrations.map(({ number }) => number),
    Array.from({ length: 12 }, (_, n) => n + 1),
  );
  assert.ok((await ownMigrations()).length > header.migrations.length);
  assert.deepEqual((await probe(database.url)).pending, []);
  assert.deepEqual(await database.store.system('test', ({ sql }) => schemaViolations(sql)), []);
});

test('keys, tokens and passwords of 0.1.0 open what they opened', async () => {
  const headers = { authorization: `Bearer ${given.key}` };
  // 502: the gateway forwards the call, and the provider's service does not exist.
  await until(async () => (await fetch(`${platform.at.gateway}/seller/orders/v1/x`, { headers })).status === 502);
  assert.equal((await call('GET', '/tenants/seller', { token: given.token })).status, 200);
  const account = `${platform.at.platform}/account`;
  const page = await signInAt(openBrowser(platform.at.platform), account, 'ann@seller.test', 'correct horse battery');
  assert.match(page.text, /ann@seller\.test/);
  const tokens = await call<{ items: { name: string; from_file: boolean }[] }>('GET', '/operator-tokens');
  assert.deepEqual(
    tokens.body.items.map(({ name, from_file }) => [name, from_file]),
    [['operator.token', true]],
  );
});

test('every list of its tenants can be read, their audit trails hold, and they can be changed', async () => {
  const lists = Object.values(nouns)
    .flatMap((noun) => Object.values<Operation>(noun))
    .filter(({ method, path }) => method === 'GET' && /^\/tenants\/\{tenant\}\/[\w-]+$/.test(path));
  assert.ok(lists.length > 10);
  for (const tenant of ['all', 'seller', 'buyer']) {
    for (const { id, path } of lists) {
      const { status, text } = await call('GET', path.replace('{tenant}', tenant));
      assert.ok(status === 200 || (status === 404 && id === 'issuers.get'), `${id} of ${tenant}: ${status} ${text}`);
    }
    assert.equal((await call('GET', `/tenants/${tenant}/audit/verify`)).body['holds'], true, tenant);
    await make(call, `/tenants/${tenant}/apps`, { slug: 'made-later', name: 'Later' });
  }
});
