/** `tulou deploy` against the real control API: what is packed, uploaded and released, and what is refused. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { startPlatform, type Platform } from './platform.ts';

let platform: Platform;
let folder = '';
let count = 0;

before(async () => {
  platform = await startPlatform();
  await platform.done('tenants create --slug acme --name Acme');
});
after(() => platform.stop());
beforeEach(() => {
  count += 1;
  folder = `case-${count}`;
});

interface Desired {
  readonly services: readonly { slug: string; environment: string; revisions: readonly Hosted[] }[];
}

interface Hosted {
  readonly id: string;
  readonly kind: string;
  readonly entry: string;
  readonly weight: number;
  readonly variables: Record<string, string>;
  readonly artifact: { readonly digest: string };
}

function internal(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${platform.control.node}`, 'content-type': 'application/json' };
  return fetch(`${platform.control.url}/internal/v1/hosting${path}`, { ...init, headers });
}

async function desired(slug: string, environment = 'live'): Promise<readonly Hosted[]> {
  const { services } = (await (await internal('/desired')).json()) as Desired;
  return services.find((one) => one.slug === slug && one.environment === environment)?.revisions ?? [];
}

/** The names and texts of the files of an archive that a host downloads. */
async function unpacked({ artifact }: Hosted): Promise<Map<string, string>> {
  const answer = await internal(`/artifacts/${artifact.digest}`);
  const bytes = Buffer.from(await answer.arrayBuffer());
  assert.equal(`sha256:${createHash('sha256').update(bytes).digest('hex')}`, artifact.digest);
  assert.equal(answer.headers.get('content-length'), String(bytes.length));
  const found = new Map<string, string>();
  for (let at = 0; bytes[at] !== 0;) {
    const text = (from: number, length: number): string =>
      bytes.toString('utf8', at + from, at + from + length).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 11), 8);
    found.set(
      [text(345, 155), text(0, 100)].filter((part) => part !== '').join('/'),
      bytes.toString('utf8', at + 512, at + 512 + size),
    );
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return found;
}

test('a Worker is bundled with what it imports, uploaded, and released as the first revision of a new service', async () => {
  await platform.put(
    `${folder}/worker.ts`,
    "import { word } from './lib/word.ts';\nexport default { fetch: () => new Response(word as string) };\n",
  );
  await platform.put(`${folder}/lib/word.ts`, "export const word: unknown = 'bundled word';\n");
  const ran = await platform.done(`deploy ${folder} --tenant acme --service hello --variable GREETING=hi=there`);
  assert.equal(ran.out, 'http://hello.acme.internal\n');
  assert.match(
    ran.err,
    /Created the service hello[\s\S]*Uploaded[\s\S]*Released revision 1 of hello in live: 100 %[\s\S]*No host/,
  );
  const [revision, ...others] = await desired('hello');
  assert.ok(revision !== undefined && others.length === 0);
  assert.deepEqual(
    [revision.kind, revision.entry, revision.weight, revision.variables],
    ['worker', 'worker.js', 100, { GREETING: 'hi=there' }],
  );
  const files = await unpacked(revision);
  assert.deepEqual([...files.keys()], ['worker.js']);
  assert.match(files.get('worker.js') ?? '', /bundled word/);
});

test('the same folder makes the same artifact; each deployment makes a revision, which takes all calls', async () => {
  await platform.put(`${folder}/worker.js`, 'export default { fetch: () => new Response("1") };\n');
  const line = `deploy ${folder} --tenant acme --service twice --json`;
  const events = [JSON.parse((await platform.done(line)).out), JSON.parse((await platform.done(line)).out)] as {
    revision: string;
  }[];
  assert.deepEqual(
    { ...events[1], revision: '' },
    { event: 'deployed', service: 'twice', revision: '', state: 'released', address: 'http://twice.acme.internal' },
  );
  const listed = await platform.json('revisions list acme twice');
  const items = listed['items'] as { id: string; number: number; artifact: { id: string } }[];
  assert.deepEqual(
    items.map(({ number }) => number),
    [2, 1],
  );
  assert.equal(items[0]?.artifact.id, items[1]?.artifact.id);
  assert.deepEqual(
    (await desired('twice')).map(({ id }) => id),
    [events[1]?.revision],
  );
});

test('a canary takes its part beside the present revision, and needs one', async () => {
  await platform.put(`${folder}/worker.js`, 'export default { fetch: () => new Response("1") };\n');
  const line = `deploy ${folder} --tenant acme --service canary`;
  const early = await platform.tulou(`${line} --weight 10`);
  assert.equal(early.code, 4);
  assert.match(early.err, /no release in live[\s\S]*without "--weight"/);
  assert.equal((await platform.tulou('services get acme canary')).code, 3, 'nothing was made');
  await platform.done(line);
  await platform.done(`${line} --weight 10`);
  assert.deepEqual((await desired('canary')).map(({ weight }) => weight).toSorted(), [10, 90]);
  await platform.done(`${line} --weight 30`);
  assert.deepEqual((await desired('canary')).map(({ weight }) => weight).toSorted(), [30, 70]);
  for (const wrong of ['0', '101', 'all']) assert.equal((await platform.tulou(`${line} --weight ${wrong}`)).code, 64);
});

test('a Node application is packed with the dependencies that it has installed, and no others', async () => {
  await platform.put(
    `${folder}/app/package.json`,
    JSON.stringify({
      name: 'orders',
      scripts: { start: 'node --no-warnings src/main.js' },
      dependencies: { a: '1' },
      devDependencies: { d: '1' },
    }),
  );
  await platform.put(
    `${folder}/app/src/main.js`,
    "import a from 'a';\nimport { createServer } from 'node:http';\ncreateServer(a).listen(process.env.PORT);\n",
  );
  await platform.put(`${folder}/app/.env`, 'SECRET=x\n');
  await platform.put(`${folder}/app/node_modules/d/index.js`, '');
  await platform.put(`${folder}/node_modules/a/package.json`, '{"name": "a", "dependencies": {"b": "2"}}');
  await platform.put(`${folder}/node_modules/a/node_modules/b/package.json`, '{"name": "b", "version": "2"}');
  await platform.put(`${folder}/node_modules/b/package.json`, '{"name": "b", "version": "1"}');
  await platform.done(`deploy ${folder}/app --tenant acme --environment test`);
  const [revision] = await desired('orders', 'test');
  assert.ok(revision !== undefined);
  assert.deepEqual([revision.kind, revision.entry], ['node', 'src/main.js']);
  const files = await unpacked(revision);
  assert.deepEqual(
    [...files.keys()],
    ['node_modules/a/package.json', 'node_modules/b/package.json', 'package.json', 'src/main.js'],
  );
  assert.match(files.get('node_modules/b/package.json') ?? '', /"2"/);
  assert.deepEqual(await desired('orders', 'live'), []);
});

test('an upload that breaks off goes on where it stopped', async () => {
  const large = `export default { fetch: () => new Response("${'x'.repeat(9 * 1024 * 1024)}") };\n`;
  await platform.put(`${folder}/worker.js`, large);
  const line = `deploy ${folder} --tenant acme --service large`;
  let patches = 0;
  const gone = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  const breaking: typeof globalThis.fetch = (url, init) => {
    if (init?.method === 'PATCH') patches += 1;
    return patches > 1 ? Promise.reject(new TypeError('fetch failed', { cause: gone })) : globalThis.fetch(url, init);
  };
  assert.equal((await platform.tulou(line, { fetch: breaking })).code, 69);
  let sent = 0;
  const counting: typeof globalThis.fetch = (url, init) => {
    if (init?.method === 'PATCH' || String(url).endsWith('/artifacts')) sent += 1;
    return globalThis.fetch(url, init);
  };
  const ran = await platform.done(line, { fetch: counting });
  assert.match(ran.err, /Uploaded 8388608 of/);
  assert.equal(sent, 1, 'the last piece only');
  assert.equal((await desired('large')).length, 1);
});

test('an artifact whose content is lost is uploaded again', async () => {
  await platform.put(`${folder}/worker.js`, 'export default { fetch: () => new Response("lost") };\n');
  const line = `deploy ${folder} --tenant acme --service lost`;
  await platform.done(line);
  await rm(join(platform.control.artifacts, 'sha256'), { recursive: true });
  const [before] = await desired('lost');
  assert.ok(before !== undefined);
  assert.equal((await internal(`/artifacts/${before.artifact.digest}`)).status, 404);
  await platform.done(line);
  const [revision] = await desired('lost');
  assert.ok(revision !== undefined);
  assert.match((await unpacked(revision)).get('worker.js') ?? '', /lost/);
});

test('a folder that holds nothing to run, a missing file and a foreign start script are refused with what to do', async () => {
  await platform.put(`${folder}/empty/readme.txt`, 'x');
  await platform.put(`${folder}/script/package.json`, '{"scripts": {"start": "next start"}}');
  await platform.put(`${folder}/gone/package.json`, '{"main": "lib/gone.js"}');
  await platform.put(`${folder}/broken/worker.js`, 'export default { fetch( };\n');
  await platform.put(`${folder}/needs/package.json`, '{"main": "a.js", "dependencies": {"absent": "1"}}');
  await platform.put(`${folder}/needs/a.js`, '');
  for (const [name, said] of [
    ['empty', /neither a Worker nor a Node application[\s\S]*--entry FILE/],
    ['script', /next start[\s\S]*node FILE/],
    ['gone', /lib\/gone\.js is not in/],
    ['broken', /cannot be bundled[\s\S]*worker\.js:1:/],
    ['needs', /dependency absent[\s\S]*npm install/],
    ['nowhere', /neither a Worker nor a Node application/],
  ] as const) {
    const ran = await platform.tulou(`deploy ${folder}/${name} --tenant acme --service refused`);
    assert.equal(ran.code, 65, ran.err);
    assert.match(ran.err, said);
  }
  assert.equal((await platform.tulou('services get acme refused')).code, 3, 'nothing was made');
});

test('a symbolic link that leads out of the folder is refused; one inside is packed as its file', async () => {
  await platform.put(`${folder}/package.json`, '{"main": "main.js"}');
  await platform.put(`${folder}/main.js`, '// app\n');
  const at = join(platform.stage.dir, folder);
  await symlink('main.js', join(at, 'inside.js'));
  await mkdir(join(platform.stage.dir, 'outside'), { recursive: true });
  for (const target of ['/etc/passwd', '../outside', 'nothing']) {
    await symlink(target, join(at, 'leaving'));
    const ran = await platform.tulou(`deploy ${folder} --tenant acme --service linked`);
    assert.equal(ran.code, 65);
    assert.match(ran.err, /"leaving" leads out of the folder/);
    await rm(join(at, 'leaving'));
  }
  await platform.done(`deploy ${folder} --tenant acme --service linked`);
  const [revision] = await desired('linked');
  assert.ok(revision !== undefined);
  assert.equal((await unpacked(revision)).get('inside.js'), '// app\n');
});

test('a revision that a host cannot start fails the deployment with the reason; one that is ready is reported so', async () => {
  await platform.put(`${folder}/worker.js`, 'export default { fetch: () => new Response("1") };\n');
  const host = 'hst_00000000000000000000000001';
  let seq = 0;
  const reporting = (state: 'ready' | 'failed'): (() => Promise<void>) => {
    return async () => {
      const { services } = (await (await internal('/desired')).json()) as {
        services: readonly (Desired['services'][number] & { id: string })[];
      };
      const one = services.find(({ slug }) => slug === 'started');
      const instance = {
        id: 'isn_00000000000000000000000001',
        service: one?.id,
        environment: 'live',
        revision: one?.revisions[0]?.id,
        state,
        detail: state === 'failed' ? 'It exits with code 1.' : null,
        isolation: 'process',
        restarts: 0,
        started_at_ms: 1,
      };
      seq += 1;
      const body = JSON.stringify({ host, seq, instances: [instance], usage: [], logs: [] });
      const answer = await internal('/report', { method: 'POST', body });
      assert.deepEqual([answer.status, await answer.json()], [200, { seq }]);
    };
  };
  const line = `deploy ${folder} --tenant acme --service started --json`;
  const ready = await platform.done(line, { sleep: reporting('ready') });
  assert.equal((JSON.parse(ready.out) as { state: string }).state, 'ready');
  const failed = await platform.tulou(`deploy ${folder} --tenant acme --service started`, {
    sleep: reporting('failed'),
  });
  assert.equal(failed.code, 1);
  assert.match(failed.err, /does not start[\s\S]*exits with code 1[\s\S]*releases create/);
});

test('a member deploys to the tenant of the token; an operator names one', async () => {
  await platform.put(`${folder}/worker.js`, 'export default { fetch: () => new Response("1") };\n');
  const tenant = await platform.control.makeTenant('owner-only');
  const ran = await platform.done(`deploy ${folder}`, { env: { TULOU_TOKEN: tenant.tokens.developer } });
  assert.equal(ran.out, `http://${folder}.owner-only.internal\n`);
  assert.equal((await platform.tulou(`deploy ${folder}`)).code, 64);
  const viewer = await platform.tulou(`deploy ${folder}`, { env: { TULOU_TOKEN: tenant.tokens.viewer } });
  assert.equal(viewer.code, 77);
});

test('the lines of a service are shown, and with -f those that come', async () => {
  const { services } = (await (await internal('/desired')).json()) as {
    services: readonly (Desired['services'][number] & { id: string })[];
  };
  const one = services.find(({ slug }) => slug === 'hello');
  const of = {
    service: one?.id,
    environment: 'live',
    revision: one?.revisions[0]?.id,
    instance: 'isn_00000000000000000000000009',
  };
  let seq = 0;
  const say = async (text: string, stream: string): Promise<void> => {
    seq += 1;
    const line = { ...of, at_ms: Date.now(), stream, text };
    const report = { host: 'hst_00000000000000000000000009', seq, instances: [], usage: [], logs: [line] };
    assert.equal((await internal('/report', { method: 'POST', body: JSON.stringify(report) })).status, 200);
  };
  await say('first\u001b[31m', 'stdout');
  assert.match((await platform.done('logs acme hello')).out, /^[\d:.]{12} {2}000009 {2}first\S*\[31m\n$/);
  const ended = new Error('the user ends it');
  let pauses = 0;
  const sleep = async (): Promise<void> => {
    pauses += 1;
    if (pauses > 2) throw ended;
    await say(`later ${pauses}`, 'stderr');
  };
  const followed = await platform.tulou('logs acme hello -f', { sleep });
  assert.match(followed.out, /first[^]*stderr {2}later 1\n[^]*stderr {2}later 2\n$/);
});
