/** A published API with a caller, made through the control API of a running platform, and calls that count their answers. */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { until } from './platform.ts';

export interface Published {
  readonly key: string;
  /** Calls that the gateway has recorded for the API, as its provider sees them. */
  counted(): Promise<number>;
}

/** A service that answers immediately, and the number of its requests. */
export async function openUpstream(): Promise<{ url: string; requests: () => number; close(): void }> {
  let requests = 0;
  const server: Server = createServer((_, response) => {
    requests += 1;
    response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** acme publishes `echo` v1 with a plan of `requests` an hour; globex has an app with a key. */
export async function publish(platform: string, data: string, upstream: string, requests: number): Promise<Published> {
  const token = (await readFile(join(data, 'operator.token'), 'utf8')).trim();
  const send = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
    const response = await fetch(`${platform}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Record<string, unknown>;
  };
  await send('POST', '/tenants', { slug: 'acme', name: 'Acme' });
  await send('POST', '/tenants', { slug: 'globex', name: 'Globex' });
  await send('POST', '/tenants/acme/apis', { slug: 'echo', name: 'Echo' });
  await send('POST', '/tenants/acme/apis/echo/versions', { name: 'v1', upstreams: [{ url: upstream }], access: 'key' });
  await send('POST', '/tenants/acme/apis/echo/plans', {
    slug: 'p',
    limits: [{ requests, per: 'hour' }],
    approval: 'auto',
  });
  const app = await send('POST', '/tenants/globex/apps', { slug: 'shop', name: 'Shop' });
  await send('POST', '/tenants/globex/subscriptions', { app: 'shop', api: 'acme/echo', plan: 'p' });
  const { key } = await send('POST', '/tenants/globex/apps/shop/keys', { environment: 'live' });
  return {
    key: String(key),
    async counted() {
      const { total } = await send('GET', `/tenants/acme/usage?app=${String(app['id'])}`);
      return (total as { requests: number }).requests;
    },
  };
}

/** One call, over a connection of its own agent: its status, or 0 without a complete answer. */
export function call(gateway: string, key: string, agent?: Agent): Promise<number> {
  return new Promise((resolve) => {
    const asked = request(
      `${gateway}/acme/echo/v1/x`,
      { headers: { 'x-api-key': key }, ...(agent === undefined ? {} : { agent }) },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.once('error', () => resolve(0));
        response.once('close', () => resolve(response.complete ? (response.statusCode ?? 0) : 0));
      },
    );
    asked.once('error', () => resolve(0));
    asked.end();
  });
}

/** Waits until the gateway serves the key. One answered call counts; the calls before it count for no app. */
export const untilServed = (gateway: string, key: string): Promise<void> =>
  until(async () => (await call(gateway, key)) === 200);

/** Callers that call without a pause until they are stopped. Together they count the complete answers. */
export function callers(
  gateway: () => string,
  key: string,
  count: number,
): { answered(): number; failed(): number; stop(): Promise<void> } {
  let answered = 0;
  let failed = 0;
  const stopping = new AbortController();
  const one = async (): Promise<void> => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!stopping.signal.aborted) {
      const status = await call(gateway(), key, agent);
      if (status === 200) answered += 1;
      else {
        failed += 1;
        await new Promise((resolve) => void setTimeout(resolve, 5));
      }
    }
    agent.destroy();
  };
  const all = Array.from({ length: count }, one);
  return {
    answered: () => answered,
    failed: () => failed,
    stop: async () => {
      stopping.abort();
      await Promise.all(all);
    },
  };
}
