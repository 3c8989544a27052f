/** Objects of the control API, made through it: what tests of one noun need of the others. */
import type { Client } from './fixture.ts';

/** The content of an answer about an object. Tests name the fields that they check. */
export type Made = Readonly<Record<string, unknown>> & { readonly id: string };

/** Creates an object, as the operator unless a token is given; throws if it is refused. */
export async function make(call: Client, path: string, body: unknown, token?: string): Promise<Made> {
  const answer = await call<Made>('POST', path, { body, token });
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${answer.text}`);
  return answer.body;
}

export interface Published {
  readonly tenant: Made;
  readonly api: Made;
  readonly version: Made;
  readonly plan: Made;
}

/** A provider `slug` with an API `orders`, its version `v1` and a plan `basic`. */
export async function makeProvider(
  call: Client,
  slug: string,
  api: object = {},
  plan: object = {},
): Promise<Published> {
  const tenant = await make(call, '/tenants', { slug, name: slug });
  const made = await make(call, `/tenants/${slug}/apis`, { slug: 'orders', name: 'Orders', ...api });
  const under = `/tenants/${slug}/apis/orders`;
  const version = await make(call, `${under}/versions`, { name: 'v1', upstreams: [{ url: 'http://127.0.0.1:9' }] });
  const limits = [{ requests: 100, per: 'minute' }];
  return { tenant, api: made, version, plan: await make(call, `${under}/plans`, { slug: 'basic', limits, ...plan }) };
}

/** A scope `name` of the `orders` of a provider; its full name. */
export async function makeScope(call: Client, provider: string, name: string, risk = 'low'): Promise<string> {
  const words = { en: `May ${name}`, zh: name };
  const body = { name, risk, title: words, description: words };
  return String((await make(call, `/tenants/${provider}/apis/orders/scopes`, body))['scope']);
}

export interface Registered {
  readonly tenant: Made;
  readonly app: Made;
  readonly key: Made;
}

/** A developer `slug` with an app `shop` and a live key of it. */
export async function makeDeveloper(call: Client, slug: string): Promise<Registered> {
  const tenant = await make(call, '/tenants', { slug, name: slug });
  const app = await make(call, `/tenants/${slug}/apps`, { slug: 'shop', name: 'Shop' });
  return { tenant, app, key: await make(call, `/tenants/${slug}/apps/shop/keys`, { environment: 'live' }) };
}

/** The `app` of a developer on the `orders` of a provider. */
export function subscribe(call: Client, developer: string, provider: string, plan = 'basic'): Promise<Made> {
  return make(call, `/tenants/${developer}/subscriptions`, { app: 'shop', api: `${provider}/orders`, plan });
}
