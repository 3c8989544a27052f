/**
 * Prepares the platform for a first call: a provider with a published API and a plan, a developer with an app, a
 * subscription and a key. Each step creates only missing objects, so that a second start changes nothing.
 */
import type { Control } from './control.ts';

export interface Wish {
  /** Address of the orders service. */
  readonly upstream: string;
  readonly openapi: string;
  /** A key from an earlier start; used if it still exists on the platform. */
  readonly key: string | undefined;
}

export interface Provisioned {
  readonly key: string;
  /** Descriptions of the created and changed objects. */
  readonly done: readonly string[];
}

const version = '/tenants/acme/apis/orders/versions/v1';

export async function provision(control: Control, wish: Wish): Promise<Provisioned> {
  const done: string[] = [];
  /** Reads the object at `path`. If it does not exist, creates it in the list above it. */
  const ensure = async (what: string, path: string, body: object): Promise<boolean> => {
    if ((await control.find(path)) !== undefined) return false;
    await control.send('POST', path.slice(0, path.lastIndexOf('/')), body);
    done.push(what);
    return true;
  };
  await ensure('tenant acme, the provider', '/tenants/acme', { slug: 'acme', name: 'Acme' });
  await ensure('API acme/orders', '/tenants/acme/apis/orders', { slug: 'orders', name: 'Orders' });
  const fresh = await ensure('version v1, published from openapi.yaml', version, {
    name: 'v1',
    openapi: wish.openapi,
    upstreams: [{ url: wish.upstream }],
    access: 'key',
    state: 'live',
  });
  if (!fresh) await lead(control, wish, done);
  await ensure('plan standard, 100 calls a minute', '/tenants/acme/apis/orders/plans/standard', {
    slug: 'standard',
    name: 'Standard',
    limits: [{ requests: 100, per: 'minute' }],
    approval: 'auto',
  });
  await ensure('tenant globex, the developer', '/tenants/globex', { slug: 'globex', name: 'Globex' });
  await ensure('app globex/storefront', '/tenants/globex/apps/storefront', { slug: 'storefront', name: 'Storefront' });
  await subscribe(control, done);
  return { key: await ensureKey(control, wish.key, done), done };
}

/** The service has another port than at the last start, or another document: the version follows. */
async function lead(control: Control, { upstream, openapi }: Wish, done: string[]): Promise<void> {
  const found = await control.find(version);
  const upstreams = (found?.body['upstreams'] ?? []) as { url: string }[];
  if (upstreams.length === 1 && upstreams[0]?.url === upstream) return;
  await control.send('PATCH', version, { openapi, upstreams: [{ url: upstream }] }, found?.etag);
  done.push(`version v1 leads to ${upstream}`);
}

async function subscribe(control: Control, done: string[]): Promise<void> {
  const subscriptions = await control.list('/tenants/globex/subscriptions?app=storefront');
  if (subscriptions.some(({ api, state }) => api === 'acme/orders' && state === 'active')) return;
  await control.send('POST', '/tenants/globex/subscriptions', {
    app: 'storefront',
    api: 'acme/orders',
    plan: 'standard',
  });
  done.push('subscription of storefront to acme/orders, plan standard');
}

async function ensureKey(control: Control, known: string | undefined, done: string[]): Promise<string> {
  const keys = known === undefined ? [] : await control.list('/tenants/globex/apps/storefront/keys');
  // The second part of a key's text names it; the platform knows nothing else of a key but its hash.
  if (known !== undefined && keys.some(({ credential_id: id }) => known.includes(`_${String(id)}_`))) return known;
  const { body } = await control.send('POST', '/tenants/globex/apps/storefront/keys', {
    environment: 'live',
    name: 'quickstart',
  });
  done.push('key of storefront');
  return String(body['key']);
}
