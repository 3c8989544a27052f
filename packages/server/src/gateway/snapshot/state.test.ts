import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { SnapshotObject } from '@tulou/contract';
import type { ThreadChange } from './messages.ts';
import { KeyTable } from './key-table.ts';
import { issuer } from '../tokens/sample-issuer.ts';
import { State } from './state.ts';

type Plain = Exclude<SnapshotObject, { kind: 'key' }>;

const tenant: Plain = { kind: 'tenant', key: 'ten_1', slug: 'acme', state: 'active' };
const api: Plain = { kind: 'api', key: 'api_1', tenant: 'ten_1', slug: 'orders', hosts: ['orders.example.com'] };
const version: Plain = {
  kind: 'version',
  key: 'ver_1',
  tenant: 'ten_1',
  api: 'api_1',
  name: 'v1',
  state: 'live',
  access: 'key',
  upstreams: [{ url: 'http://a.example/base/', weight: 1 }],
  operations: [],
  timeout_ms: 1000,
  request_bytes_max: 1000,
  deprecated_at: null,
  sunset_at: null,
};
const plan: Plain = {
  kind: 'plan',
  key: 'pln_1',
  tenant: 'ten_1',
  api: 'api_1',
  slug: 'p',
  limits: [],
  concurrency: null,
};
const app: Plain = { kind: 'app', key: 'app_1', tenant: 'ten_2', slug: 'shop', state: 'active' };
const caller: Plain = { kind: 'tenant', key: 'ten_2', slug: 'dev', state: 'active' };
const subscription: Plain = {
  kind: 'subscription',
  key: 'sub_1',
  tenant: 'ten_2',
  app: 'app_1',
  api: 'api_1',
  plan: 'pln_1',
};
const client: Plain = { kind: 'client', key: 'cli_1', tenant: 'ten_2', app: 'app_1' };
const installation: Plain = { kind: 'installation', key: 'ins_1', tenant: 'ten_1', app: 'app_1', scopes: ['a/b:c'] };
const denial: Plain = { kind: 'denial', key: 'token:1', tenant: 'ten_0', before: 5, until: 9 };
const all = [tenant, api, version, plan, app, caller, subscription, client, installation, issuer, denial];

const told = (object: Plain): ThreadChange => ({ object, index: object.kind === 'app' ? 1 : 0 });
const gone = ({ kind, key }: Plain): ThreadChange => ({ kind, key });
const apply = (state: State, ...changes: ThreadChange[]): State =>
  State.next(state, { type: 'snapshot', full: false, changes, packed: [], keys: undefined });
const fresh = (): State => new State(KeyTable.sized(0));

/** The objects that a call finds through the links. */
function walk(state: State) {
  const found = state.tenantBySlug('acme')?.apis.get('orders')?.versions.get('v1');
  const subscribed = state.appByIndex(1)?.subscriptions.get('api_1');
  return {
    version: found?.object.name,
    provider: found?.api.tenant?.object?.slug,
    api: found?.api.object?.slug,
    byHost: state.apiByHost('orders.example.com:8080')?.key,
    plan: subscribed?.plan.object?.slug,
    caller: state.appByIndex(1)?.tenant?.object?.slug,
    app: state.client('cli_1')?.app.object?.slug,
    installed: state.installation('ins_1')?.scopes.join(' '),
    issuer: [...(state.issuer(issuer.key)?.keys.keys() ?? [])].join(' '),
    denied: state.denies && state.deniedBefore('token:1'),
  };
}
const whole = {
  version: 'v1',
  provider: 'acme',
  api: 'orders',
  byHost: 'api_1',
  plan: 'p',
  caller: 'dev',
  app: 'shop',
  installed: 'a/b:c',
  issuer: 'k1',
  denied: 5,
};

describe('the state of a thread', () => {
  it('is the same in whatever order the objects of a commit come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(all, { minLength: all.length }), (order) => {
        assert.deepEqual(walk(apply(fresh(), ...order.map(told))), whole);
      }),
    );
  });

  it('is, after any history, what the last state of each object makes of it', () => {
    const step = fc.record({ object: fc.constantFrom(...all), there: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const state = fresh();
        const last = new Map<Plain, boolean>();
        for (const { object, there } of steps) {
          apply(state, there ? told(object) : gone(object));
          last.set(object, there);
        }
        const anew = apply(fresh(), ...[...last].filter(([, there]) => there).map(([object]) => told(object)));
        assert.deepEqual(walk(state), walk(anew));
      }),
    );
  });

  it('gives a name to the one that has it now, also where it was taken over in the same commit', () => {
    const other: Plain = { ...tenant, key: 'ten_9' };
    const renamed: Plain = { ...tenant, slug: 'elsewhere' };
    for (const order of [
      [told(other), told(renamed)],
      [told(renamed), told(other)],
      [told(other), gone(tenant)],
      [gone(tenant), told(other)],
    ]) {
      const state = apply(apply(fresh(), told(tenant)), ...order);
      assert.equal(state.tenantBySlug('acme')?.key, 'ten_9');
    }
  });

  it('is swapped whole by a full message: the old one still stands for calls that began with it', () => {
    const before = apply(fresh(), ...all.map(told));
    const after = State.next(before, {
      type: 'snapshot',
      full: true,
      changes: [told(tenant)],
      packed: [],
      keys: KeyTable.sized(0).memory,
    });
    assert.deepEqual(walk(before), whole);
    assert.equal(walk(after).version, undefined);
  });

  it('reads the base path of an upstream without its last slash, and the port that the scheme implies', () => {
    const state = apply(fresh(), ...all.map(told));
    const [target] = state.tenantBySlug('acme')?.apis.get('orders')?.versions.get('v1')?.targets.live ?? [];
    assert.equal(target?.basePath, '/base');
    assert.deepEqual(target.origin, {
      key: 'http://a.example',
      tls: false,
      host: 'a.example',
      port: 80,
      hostField: 'a.example',
    });
  });
});
