/**
 * The example Worker on a whole platform: deployed by the command, called through the gateway. The host is a stand-in without
 * sandbox: it reads the desired state, downloads the artifact, and runs it in this process behind the ingress.
 */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { desiredState, type HostedRevision } from '@tulou/contract/hosting';
import { startRunning, type Running } from '../../server/test/running.ts';
import { openStage, type Stage } from './stage.ts';

let running: Running;
let stage: Stage;
let socket = '';
let host: Server | undefined;

before(async () => {
  stage = await openStage();
  socket = join(stage.dir, 'ingress.sock');
  running = await startRunning({ TULOU_HOST_INGRESS: `unix:${socket}` });
});
after(async () => {
  host?.closeAllConnections();
  host?.close();
  await running.stop();
  await stage[Symbol.asyncDispose]();
});

async function done(line: string): Promise<string> {
  const env = { TULOU_URL: running.url, TULOU_TOKEN: running.operator };
  const ran = await stage.tulou(line.split(' '), { env });
  assert.equal(ran.code, 0, `${line}\n${ran.err}`);
  return ran.out;
}

const internal = (path: string): Promise<Response> =>
  fetch(`${running.url}/internal/v1/hosting/${path}`, { headers: { authorization: `Bearer ${running.node}` } });

interface Worker {
  readonly default: { fetch(request: Request, variables: object): Promise<Response> | Response };
}

/** The module of an archive whose only file it is. */
async function load({ artifact }: HostedRevision): Promise<Worker> {
  const bytes = Buffer.from(await (await internal(`artifacts/${artifact.digest}`)).arrayBuffer());
  const size = Number.parseInt(bytes.toString('latin1', 124, 135), 8);
  const module = bytes.subarray(512, 512 + size).toString('base64');
  return (await import(`data:text/javascript;base64,${module}`)) as Worker;
}

async function openHost(): Promise<Server> {
  const { services } = desiredState.parse(await (await internal('desired')).json());
  const [revision] = services.find(({ slug }) => slug === 'hello')?.revisions ?? [];
  assert.ok(revision !== undefined);
  const worker = await load(revision);
  const server = createServer((request, response) => {
    const asked = new Request(`http://${request.headers.host}${request.url}`, {
      headers: Object.entries(request.headers).map(([name, value]): [string, string] => [name, String(value)]),
    });
    void Promise.resolve(worker.default.fetch(asked, revision.variables)).then(async (answer) =>
      response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text()),
    );
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return server;
}

test('the example is deployed by one command, answers 503 without a host, and the caller’s greeting with one', async () => {
  await done('tenants create --slug acme --name Acme');
  const folder = join(import.meta.dirname, '..', '..', '..', 'examples', 'worker');
  assert.equal(
    await done(`deploy ${folder} --tenant acme --service hello --variable NAME=Ann`),
    'http://hello.acme.internal\n',
  );
  await done('apis create acme --slug hello --name Hello');
  await done('versions create acme hello --name v1 --upstreams service=hello --access open');
  const call = () => fetch(`${running.gateway}/acme/hello/v1/hello`, { headers: { 'accept-language': 'zh-CN' } });
  let answer = await call();
  // The gateway learns of the version a moment after control has stored it.
  while (answer.status === 404) answer = await call();
  assert.deepEqual([answer.status, ((await answer.json()) as { code: string }).code], [503, 'host_unavailable']);
  host = await openHost();
  answer = await call();
  assert.equal(answer.status, 200);
  assert.deepEqual(await answer.json(), { greeting: '你好, Ann!', app: null, environment: 'live' });
});
