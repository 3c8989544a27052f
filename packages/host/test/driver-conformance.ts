/** Promises of every driver, whatever runs below it. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Instance, InstanceSpec, RuntimeDriver } from '../src/drivers/driver.ts';
import { callSocket, makeFolder, until, writeFiles, type Files } from './machine.ts';
import { nodeAnswering, workerAnswering } from './programs.ts';

let number = 0;

/** A specification for `files`, with limits that suit a test. */
export async function specOf(
  folder: string,
  kind: InstanceSpec['kind'],
  files: Files,
  over: Partial<InstanceSpec> = {},
): Promise<InstanceSpec> {
  const id = `isn_${(number += 1)}`;
  const app = await writeFiles(join(folder, `app-${id}`), files);
  return {
    ...{ id, kind, folder: app, entry: Object.keys(files)[0] ?? '', variables: {} },
    domain: { developer: 'ten_1', tenant: 'ten_1', environment: 'test' },
    limits: { memory_mb: 128, cpu_millis: 1000 },
    ...over,
  };
}

/** Reads a stream from the first byte. */
export function textOf(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.on('data', (part: Buffer) => (text += part.toString()));
  return () => text;
}

export function describeDriver(name: string, open: (dir: string) => Promise<RuntimeDriver>): void {
  describe(`driver ${name}`, () => {
    let folder: Awaited<ReturnType<typeof makeFolder>>;
    let driver: RuntimeDriver;

    before(async () => {
      folder = await makeFolder();
      driver = await open(join(folder.path, 'd'));
    });
    after(async () => {
      await driver.close();
      await folder.remove();
    });

    const scene: Scene = {
      start: async (kind, files, over = {}) => driver.start(await specOf(folder.path, kind, files, over)),
      sweep: () => driver.sweep(),
    };
    for (const group of [describeKinds, describeOutput, describeEnds]) group(scene);
  });
}

interface Scene {
  start(kind: InstanceSpec['kind'], files: Files, over?: Partial<InstanceSpec>): Promise<Instance>;
  sweep(): Promise<number>;
}

function describeKinds({ start }: Scene): void {
  for (const [kind, files] of [
    ['node', nodeAnswering('q.method + q.url + process.env.GREETING')],
    ['worker', workerAnswering('q.method + new URL(q.url).pathname + env.GREETING')],
  ] as const) {
    test(`${kind}: listens, answers, reads its variables, is counted, and ends when asked`, async () => {
      const instance = await start(kind, files, { variables: { GREETING: 'é"\\\n\u{1F600}' } });
      assert.equal(await instance.listening, true);
      assert.equal((await callSocket(instance.socketPath, '/x')).text, 'GET/xé"\\\n\u{1F600}');
      const stats = await instance.stats();
      assert.ok(stats.memoryBytes > 1e6 && stats.processes > 0, JSON.stringify(stats));
      await until('processor time', async () => ((await instance.stats()).cpuMs > 0 ? true : undefined));
      await instance.stop(5000);
      assert.equal((await instance.ended).reason, 'stopped');
      await assert.rejects(callSocket(instance.socketPath));
    });

    test(`${kind}: one that ends before it listens says so, and what it wrote`, async () => {
      const instance = await start(kind, { 'broken.js': 'throw new Error("broken at its start");' });
      const written = textOf(instance.stderr);
      assert.equal(await instance.listening, false);
      const { reason, code } = await instance.ended;
      assert.equal(reason, 'exit');
      assert.notEqual(code, 0);
      await until('its text', () => (written().includes('broken at its start') ? true : undefined));
    });
  }
}

function describeOutput({ start }: Scene): void {
  test('what it writes comes out by stream', async () => {
    const instance = await start('node', { 'a.js': 'console.log("to out"); console.error("to err");' });
    const [out, err] = [textOf(instance.stdout), textOf(instance.stderr)];
    await instance.ended;
    await until('both', () => (out() === 'to out\n' && err() === 'to err\n' ? true : undefined));
  });

  test('a program that listens elsewhere is not taken to be ready', async () => {
    const files = { 'a.js': 'require("node:http").createServer().listen(3000, () => console.log("up"));' };
    const instance = await start('node', files);
    const out = textOf(instance.stdout);
    await until('its own word', () => (out().includes('up') ? true : undefined));
    assert.equal(await Promise.race([instance.listening, Promise.resolve('not yet')]), 'not yet');
    await instance.stop(0);
    assert.equal(await instance.listening, false);
  });
}

function describeEnds({ start, sweep }: Scene): void {
  test('one that ignores the request to end is killed', async () => {
    const files = { 'a.js': 'process.on("SIGTERM", () => {}); setInterval(() => {}, 1000); console.log("up");' };
    const instance = await start('node', files);
    const out = textOf(instance.stdout);
    await until('its start', () => (out() === '' ? undefined : true));
    await instance.stop(50);
    assert.equal((await instance.ended).reason, 'stopped');
  });

  test('a program that handles the request to end does so in peace', async () => {
    const files = {
      'a.js':
        'process.on("SIGTERM", () => { console.log("bye"); process.exit(7); }); setInterval(() => {}, 1e3); console.log("up");',
    };
    const instance = await start('node', files);
    const out = textOf(instance.stdout);
    await until('its start', () => (out() === '' ? undefined : true));
    await instance.stop(60_000);
    assert.equal((await instance.ended).code, 7);
    assert.match(out(), /bye/);
  });

  test('many start at once, and none is left after all are stopped', async () => {
    const files = workerAnswering('env.N');
    const all = await Promise.all(
      Array.from({ length: 8 }, (_, i) => start('worker', files, { variables: { N: String(i) } })),
    );
    assert.ok((await Promise.all(all.map(({ listening }) => listening))).every(Boolean));
    const texts = await Promise.all(all.map(async ({ socketPath }) => (await callSocket(socketPath)).text));
    assert.deepEqual(texts, ['0', '1', '2', '3', '4', '5', '6', '7']);
    await Promise.all(all.map((instance) => instance.stop(1000)));
    assert.equal(await sweep(), 0);
  });
}
