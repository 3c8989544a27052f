/** A whole platform: a provider with a service behind the gateway, an app and its clients, a tenant that has installed it. */
import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '../../server/test/faults/platform.ts';
import { startRunning, type Running } from '../../server/test/running.ts';

export const redirectUri = 'http://127.0.0.1:9/callback';
export const scope = 'acme/orders:read';

export interface World {
  readonly platform: Running;
  /** Address of the version, at the gateway. */
  readonly api: string;
  readonly installation: string;
  readonly shop: string;
  readonly user: string;
  /** Sets the handler of the calls that the gateway forwards. */
  serve(listener: RequestListener): void;
  /** Address of the service itself, without the gateway. */
  readonly serviceUrl: string;
  makeClient(facts: object): Promise<{ readonly id: string; readonly secret: string }>;
  makeKey(facts: object): Promise<{ readonly key: string; readonly keyId: string }>;
  stop(): Promise<void>;
}

export async function startWorld(): Promise<World> {
  const platform = await startRunning();
  const echo: RequestListener = (request, response) => void request.resume().once('end', () => response.end('here'));
  let serving = echo;
  const service = createServer((request, response) => serving(request, response));
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  const serviceUrl = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  const make = async (path: string, body: object): Promise<Record<string, unknown>> => {
    const answer = await platform.call('POST', path, { body });
    assert.equal(answer.status, 201, `${path} ${answer.text}`);
    return answer.body;
  };
  const facts = await configure(make, serviceUrl);
  const { user } = await platform.addPerson('shop', 'owner@shop.test', 'owner');
  const api = `${platform.gateway}/acme/orders/v1`;
  const app = '/tenants/maker/apps/till';
  const { key } = await make(`${app}/keys`, { environment: 'live' });
  const headers = { 'x-api-key': String(key) };
  await until(async () => (await fetch(`${api}/orders`, { headers })).status === 200);
  return {
    platform,
    api,
    ...facts,
    user,
    serve: (listener) => (serving = listener),
    serviceUrl,
    async makeClient(given) {
      const defaults = { name: 'client', environment: 'live', redirect_uris: [redirectUri] };
      const { id, client_secret: secret } = await make(`${app}/clients`, { ...defaults, ...given });
      return { id: String(id), secret: String(secret) };
    },
    async makeKey(given) {
      const made = await make(`${app}/keys`, { environment: 'live', ...given });
      return { key: String(made['key']), keyId: String(made['credential_id']) };
    },
    async stop() {
      service.closeAllConnections();
      service.close();
      await platform.stop();
    },
  };
}

const words = { en: 'Read orders', zh: '读取订单' };

async function configure(
  make: (path: string, body: object) => Promise<Record<string, unknown>>,
  serviceUrl: string,
): Promise<{ installation: string; shop: string }> {
  await make('/tenants', { slug: 'acme', name: 'Acme' });
  await make('/tenants', { slug: 'maker', name: 'Maker' });
  const { id: shop } = await make('/tenants', { slug: 'shop', name: 'Shop' });
  await make('/tenants/acme/apis', { slug: 'orders', name: 'Orders', visibility: 'public' });
  await make('/tenants/acme/apis/orders/scopes', { name: 'read', risk: 'low', title: words, description: words });
  const upstreams = [{ url: serviceUrl }];
  await make('/tenants/acme/apis/orders/versions', { name: 'v1', upstreams, state: 'live', access: 'any' });
  const limits = [{ requests: 10_000, per: 'minute' }];
  await make('/tenants/acme/apis/orders/plans', { slug: 'basic', name: 'Basic', limits, approval: 'auto' });
  const app = { slug: 'till', name: 'Till', visibility: 'public', scopes: [scope], redirect_uris: [redirectUri] };
  await make('/tenants/maker/apps', app);
  await make('/tenants/maker/subscriptions', { app: 'till', api: 'acme/orders', plan: 'basic' });
  const { id: installation } = await make('/tenants/shop/installations', { app: 'maker/till', scopes: [scope] });
  return { installation: String(installation), shop: String(shop) };
}
