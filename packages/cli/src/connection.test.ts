import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { openStage, type Scene, type Stage } from '../test/stage.ts';
import { resolveConnection } from './connection.ts';

const none = { positionals: [], flags: new Map(), switches: new Map(), line: '' };

/** Where a command sends what. */
async function sent(
  stage: Stage,
  words: readonly string[],
  scene: Scene = {},
): Promise<{ origin: string; token: string | null; err: string }> {
  const calls: { origin: string; token: string | null }[] = [];
  const fetch = ((url: string, init: RequestInit) => {
    calls.push({ origin: new URL(url).origin, token: new Headers(init.headers).get('authorization') });
    return Promise.resolve(Response.json({ items: [], next: null }));
  }) as typeof globalThis.fetch;
  const ran = await stage.tulou(['tenants', 'list', ...words], { ...scene, fetch });
  const [call] = calls;
  return { origin: call?.origin ?? `code ${ran.code}`, token: call?.token ?? null, err: ran.err };
}

async function makeData(stage: Stage, name: string, token: string, platform?: string): Promise<void> {
  await mkdir(`${stage.dir}/${name}`, { recursive: true });
  await writeFile(`${stage.dir}/${name}/operator.token`, `${token}\n`, { mode: 0o600 });
  if (platform !== undefined)
    await writeFile(`${stage.dir}/${name}/running.json`, JSON.stringify({ pid: 1, platform }));
}

test('without any word it is the platform of this machine, with the token of ./.tulou', async () => {
  await using stage = await openStage();
  assert.deepEqual(await sent(stage, []), { origin: 'http://127.0.0.1:8090', token: null, err: 'No tenants.\n' });
  await makeData(stage, '.tulou', 'local', 'http://127.0.0.1:4242');
  const { origin, token } = await sent(stage, []);
  assert.deepEqual([origin, token], ['http://127.0.0.1:4242', 'Bearer local']);
});

test('the order is: flags, a named place, the environment, the context in use, ./.tulou', async () => {
  await using stage = await openStage();
  await makeData(stage, '.tulou', 'local');
  await makeData(stage, 'data', 'named', 'http://127.0.0.1:1001');
  await writeFile(`${stage.dir}/ctx.token`, 'ctx');
  await writeFile(`${stage.dir}/flag.token`, 'flag');
  await stage.tulou(['context', 'add', 'one', '--url', 'http://127.0.0.1:1002', '--token-file', 'ctx.token']);
  const env = { TULOU_URL: 'http://127.0.0.1:1003', TULOU_TOKEN: 'env' };
  const at = async (words: readonly string[], scene: Scene = {}) => {
    const { origin, token } = await sent(stage, words, scene);
    return `${origin.slice(-4)} ${token?.slice(7) ?? 'none'}`;
  };
  assert.equal(await at([]), '1002 ctx');
  assert.equal(await at([], { env }), '1003 env');
  assert.equal(await at(['--context', 'one'], { env }), '1002 ctx');
  assert.equal(await at(['--data', 'data'], { env }), '1001 named');
  assert.equal(await at(['--data', 'data', '--token-file', 'flag.token'], { env }), '1001 flag');
  assert.equal(await at(['--url', 'http://127.0.0.1:1009', '--token-file', 'flag.token'], { env }), '1009 flag');
});

test('a token that was found beside an address is sent to no other', async () => {
  await using stage = await openStage();
  await makeData(stage, '.tulou', 'local', 'http://127.0.0.1:4242');
  const elsewhere = await sent(stage, ['--url', 'http://127.0.0.1:9999']);
  assert.equal(elsewhere.token, null);
  const env = { TULOU_URL: 'http://127.0.0.1:1003', TULOU_TOKEN: 'env' };
  assert.equal((await sent(stage, ['--url', 'http://127.0.0.1:9999'], { env })).token, null);
  assert.equal((await sent(stage, ['--url', 'http://127.0.0.1:4242'], { env })).token, 'Bearer local');
  assert.equal((await sent(stage, ['--url', 'http://127.0.0.1:4242', '--data', '.tulou'])).token, 'Bearer local');
});

test('a token that would go unencrypted over a network is warned of, on loopback not', async () => {
  await using stage = await openStage({ TULOU_TOKEN: 'env' });
  assert.match((await sent(stage, ['--url', 'http://platform.example.com'])).err, /unencrypted/);
  assert.doesNotMatch((await sent(stage, ['--url', 'http://[::1]:8090'])).err, /unencrypted/);
  assert.doesNotMatch((await sent(stage, ['--url', 'https://platform.example.com'])).err, /unencrypted/);
});

test('what can not be a connection says so', async () => {
  await using stage = await openStage();
  const code = async (words: readonly string[]) => (await sent(stage, words)).origin;
  assert.equal(await code(['--url', 'ftp://x']), 'code 64');
  assert.equal(await code(['--url', 'http://user:word@x']), 'code 64');
  assert.equal(await code(['--context', 'none']), 'code 64');
  assert.equal(await code(['--data', 'none']), 'code 1');
  assert.equal(await code(['--data', 'a', '--context', 'b']), 'code 64');
  assert.equal(await code(['--token-file', 'none']), 'code 1');
  await writeFile(`${stage.dir}/two.token`, 'two words');
  assert.equal(await code(['--token-file', 'two.token']), 'code 65');
});

test('contexts are kept for the owner alone, and no command prints a token', async () => {
  await using stage = await openStage();
  const added = await stage.tulou(['context', 'add', 'work', '--url', 'https://p.example.com/', '--token-file', '-'], {
    input: 'secret-token\n',
  });
  const path = `${stage.dir}/home/.config/tulou/config.json`;
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.deepEqual(JSON.parse(await readFile(path, 'utf8')), {
    current: 'work',
    contexts: { work: { url: 'https://p.example.com', token: 'secret-token' } },
  });
  const shown = await stage.tulou(['context', 'list']);
  const listed = await stage.tulou(['context', 'list', '--json']);
  assert.deepEqual(JSON.parse(listed.out), {
    items: [{ name: 'work', url: 'https://p.example.com', token: 'saved here', current: true }],
  });
  for (const ran of [added, shown, listed]) assert.ok(!`${ran.out}${ran.err}`.includes('secret-token'));
  assert.equal((await sent(stage, [])).token, 'Bearer secret-token');
});

test('a file of contexts that others can read is refused, with the way to mend it', async () => {
  await using stage = await openStage();
  await stage.tulou(['context', 'add', 'work', '--url', 'https://p.example.com']);
  await chmod(`${stage.dir}/home/.config/tulou/config.json`, 0o644);
  const ran = await stage.tulou(['tenants', 'list']);
  assert.equal(ran.code, 1);
  assert.match(ran.err, /chmod 600/);
});

test('contexts are used, replaced and removed by name', async () => {
  await using stage = await openStage();
  await stage.tulou(['context', 'add', 'a', '--url', 'http://127.0.0.1:1']);
  await stage.tulou(['context', 'add', 'b', '--url', 'http://127.0.0.1:2']);
  assert.equal((await sent(stage, [])).origin, 'http://127.0.0.1:2');
  assert.equal((await stage.tulou(['context', 'use', 'a'])).code, 0);
  assert.equal((await sent(stage, [])).origin, 'http://127.0.0.1:1');
  assert.equal((await stage.tulou(['context', 'remove', 'a'])).code, 0);
  assert.equal((await sent(stage, [])).origin, 'http://127.0.0.1:8090');
  assert.equal((await stage.tulou(['context', 'use', 'a'])).code, 64);
  assert.equal((await stage.tulou(['context', 'add', '../x', '--url', 'http://127.0.0.1:1'])).code, 64);
});

test('TULOU_DATA names the data directory, and .tulou is found from a folder below it', async () => {
  await using stage = await openStage();
  await makeData(stage, 'elsewhere', 'data', 'http://127.0.0.1:1004');
  const env = { TULOU_DATA: `${stage.dir}/elsewhere` };
  assert.deepEqual(await sent(stage, [], { env }), {
    origin: 'http://127.0.0.1:1004',
    token: 'Bearer data',
    err: 'No tenants.\n',
  });
  await makeData(stage, '.tulou', 'local', 'http://127.0.0.1:1005');
  await mkdir(`${stage.dir}/a/b`, { recursive: true });
  const below = async (uid: number | undefined): Promise<string> => {
    const io = { ...stage.io(), cwd: `${stage.dir}/a/b`, uid };
    return `${(await resolveConnection(none, io)).token}`;
  };
  assert.equal(await below(process.getuid?.()), 'local');
  assert.equal(await below(4_000_000), 'undefined', 'a folder of another user in a parent is ignored');
});

test('the origin of the address and of the credential is named, and never the credential', async () => {
  await using stage = await openStage();
  await makeData(stage, '.tulou', 'secret-token');
  const shown = await stage.tulou(['context']);
  assert.match(shown.out, /^platform: http:\S+ \(\.\/\.tulou\), credential: operator token of \S+\/\.tulou\n$/);
  const flags = await stage.tulou(['context', 'show', '--url', 'http://127.0.0.1:9', '--json']);
  assert.deepEqual(JSON.parse(flags.out), {
    url: 'http://127.0.0.1:9',
    via: 'platform: http://127.0.0.1:9 (--url), credential: none',
  });
  assert.ok(!`${shown.out}${flags.out}`.includes('secret-token'));
  assert.match((await stage.tulou(['context', 'ad'])).err, /Did you mean "add"\?/);
});
