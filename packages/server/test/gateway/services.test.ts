/** Calls whose upstream is a service: through the gateway to the ingress of the host, which a server of this test stands in for. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { mkdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { SnapshotObject } from '@tulou/contract';
import { isReady, newFolder, openGateway, scene, StandInControl, until } from './stand-in.ts';

const service = 'svc_00000000000000000000000001';

describe('a call to a service', () => {
  const folder = newFolder();
  const socket = join(folder.path, 'host', 'ingress.sock');
  const control = new StandInControl();
  const seen: IncomingMessage[] = [];
  let host: Server | undefined;
  let gateway: Awaited<ReturnType<typeof openGateway>>;
  let key = '';

  const call = (headers: Record<string, string> = {}, init: RequestInit = {}) =>
    fetch(`${gateway.url}/acme/orders/v1/a/b?c=d`, { ...init, headers: { 'x-api-key': key, ...headers } });

  async function openHost(): Promise<void> {
    mkdirSync(dirname(socket), { recursive: true, mode: 0o700 });
    host = createServer((request, response) => {
      seen.push(request);
      request.pipe(response.writeHead(200, { 'content-type': 'text/plain' }));
    });
    await new Promise<void>((resolve) => host?.listen(socket, resolve));
  }

  async function closeHost(): Promise<void> {
    const closing = new Promise((resolve) => host?.close(resolve));
    host?.closeAllConnections();
    await closing;
    rmSync(socket, { force: true });
  }

  before(async () => {
    await control.start();
    const world = scene('http://127.0.0.1:9');
    key = world.key.text;
    const objects = world.objects.map((object): SnapshotObject =>
      object.kind === 'version'
        ? { ...object, upstreams: [{ url: 'http://hello.acme.internal', service, weight: 1 }] }
        : object,
    );
    control.put(...objects);
    gateway = await openGateway(control.url, folder.path, { upstreamAllow: [], ingress: { socket } });
    await until('ready', isReady(gateway.admin));
  });
  after(async () => {
    await gateway.role.stop();
    await control.stop();
    folder.remove();
  });

  it('is answered 503 with a clear problem as long as no host listens', async () => {
    const answer = await call();
    const problem = (await answer.json()) as { code: string; fault: string; help: string };
    assert.deepEqual([answer.status, problem.code, problem.fault], [503, 'host_unavailable', 'platform']);
    assert.match(problem.help, /Retry-After/);
    assert.equal(answer.headers.get('retry-after'), '1');
  });

  it('goes to the ingress, which is told the service and the environment by the gateway alone', async () => {
    await openHost();
    const content = 'x'.repeat(200_000);
    const answer = await call(
      { 'tulou-service': 'svc_forged', 'tulou-environment': 'test' },
      { method: 'POST', body: content },
    );
    assert.equal(answer.status, 200);
    assert.equal(await answer.text(), content);
    const [request] = seen;
    assert.deepEqual(
      [request?.url, request?.headers.host, request?.headers['tulou-service'], request?.headers['tulou-environment']],
      ['/a/b?c=d', 'hello.acme.internal', service, 'live'],
    );
    assert.equal(request?.headers['x-api-key'], undefined);
  });

  it('is answered 503 again when the host ends, and 200 when it is back', async () => {
    await closeHost();
    assert.equal((await call()).status, 503);
    await openHost();
    assert.equal((await call()).status, 200);
    await closeHost();
  });
});
