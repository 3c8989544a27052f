/** The whole chain with a real host: the command deploys, a sandbox runs it, and the gateway's callers get its answer. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { startRunning, type Running } from '../../server/test/running.ts';
import { openStage, type Stage } from './stage.ts';

const root = join(import.meta.dirname, '..', '..', '..');
let running: Running;
let stage: Stage;
let folder = '';

before(async () => {
  stage = await openStage();
  folder = await mkdtemp(join(tmpdir(), 'tlh-'));
  running = await startRunning({}, ['--services']);
});
after(async () => {
  await running.stop();
  await stage[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const sleep = (delayMs: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, delayMs));

const run = (line: readonly string[]): ReturnType<Stage['tulou']> =>
  stage.tulou([...line], { env: { TULOU_URL: running.url, TULOU_TOKEN: running.operator }, sleep });

async function done(line: string): Promise<string> {
  const ran = await run(line.split(' '));
  assert.equal(ran.code, 0, `${line}\n${ran.err}`);
  return ran.out;
}

/** The answer of the gateway, once it knows the version and the service runs. */
async function answerOf(api: string, path = ''): Promise<string> {
  for (let i = 0; i < 3000; i += 1) {
    const answer = await fetch(`${running.gateway}/acme/${api}/v1${path}`);
    const text = await answer.text();
    if (answer.status === 200) return text;
    if (answer.status !== 404 && answer.status !== 503) assert.fail(`${answer.status} ${text}`);
    await sleep(10);
  }
  return assert.fail('no answer');
}

async function publish(service: string): Promise<void> {
  await done(`apis create acme --slug ${service} --name ${service}`);
  await done(`versions create acme ${service} --name v1 --upstreams service=${service} --access open`);
}

test('a Worker and a program for Node are deployed, called and read; a broken one is refused with its cause', async () => {
  await done('tenants create --slug acme --name Acme');
  await done(`deploy ${join(root, 'examples', 'worker')} --tenant acme --service hello --variable NAME=Ann`);
  await publish('hello');
  assert.match(await answerOf('hello', '/hello'), /Ann/);

  const app = join(folder, 'app');
  await mkdir(app);
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', main: 'server.js' }));
  const program = (body: string): string =>
    `require('node:http').createServer((q, s) => { console.log('called'); s.end(${body}) }).listen(process.env.PORT)`;
  await writeFile(join(app, 'server.js'), program("'first'"));
  await done(`deploy ${app} --tenant acme --service app`);
  await publish('app');
  assert.equal(await answerOf('app'), 'first');
  assert.match(await logsWith('called'), /called/);

  await writeFile(join(app, 'server.js'), 'throw new Error("no database here")');
  const refused = await run(['deploy', app, '--tenant', 'acme', '--service', 'app']);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /no database here/);
  assert.equal(await answerOf('app'), 'first', 'the revision before it keeps the calls');
});

async function logsWith(text: string): Promise<string> {
  for (;;) {
    const lines = await done('logs acme app');
    if (lines.includes(text)) return lines;
  }
}
