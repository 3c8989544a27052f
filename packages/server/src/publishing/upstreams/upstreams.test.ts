import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { after, before, test } from 'node:test';
import { startTestControl, type TestControl } from '../../../test/control/fixture.ts';
import { make } from '../../../test/control/nouns.ts';
import { systemClock } from '../../kernel/clock.ts';
import { openProbe } from './probe.ts';
import { warningsOf } from './warnings.ts';

const path = '/tenants/acme/apis/orders/versions';
let control: TestControl;
/** Accepts connections and says nothing. */
let silent: Server;
let open: string;
let closed: string;

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

before(async () => {
  control = await startTestControl();
  await make(control.call, '/tenants', { slug: 'acme', name: 'Acme' });
  await make(control.call, '/tenants/acme/apis', { slug: 'orders', name: 'Orders' });
  silent = createServer().listen(0, '127.0.0.1');
  const other = createServer().listen(0, '127.0.0.1');
  await Promise.all([once(silent, 'listening'), once(other, 'listening')]);
  [open, closed] = [`127.0.0.1:${portOf(silent)}`, `http://127.0.0.1:${portOf(other)}`];
  other.close();
  await once(other, 'close');
});
after(async () => {
  silent.close();
  await control.stop();
});

interface Published {
  readonly state: string;
  readonly warnings: readonly { readonly pointer: string; readonly cause: string; readonly message: string }[];
}

const causes = ({ warnings }: Published): [string, string][] => warnings.map((one) => [one.pointer, one.cause]);

test('a version is published with a warning for each upstream that control cannot connect to', async () => {
  const upstreams = [{ url: `http://${open}/base` }, { url: `${closed}/a` }, { url: `${closed}/b` }];
  const made = await control.call<Published>('POST', path, { body: { name: 'v1', upstreams } });
  assert.equal(made.status, 201, made.text);
  assert.equal(made.body.state, 'live');
  const refused: [string, string][] = [
    ['/upstreams/1/url', 'connect_refused'],
    ['/upstreams/2/url', 'connect_refused'],
  ];
  assert.deepEqual(causes(made.body), refused);
  assert.match(made.body.warnings[0]?.message ?? '', /refused the connection.*control process/);
  const changed = await control.call<Published>('PATCH', `${path}/v1`, { body: { upstreams: [{ url: closed }] } });
  assert.deepEqual([changed.status, ...causes(changed.body)], [200, ['/upstreams/0/url', 'connect_refused']]);
  const other = await control.call<Published>('PATCH', `${path}/v1`, { body: { timeout_ms: 5000 } });
  assert.deepEqual(other.body.warnings, [], 'a change that is not about upstreams tries none');
});

test('a draft that goes live has its stored upstreams tried; an unknown version is not found', async () => {
  const body = { name: 'v2', state: 'draft', upstreams: [{ url: closed }] };
  assert.equal((await control.call('POST', path, { body })).status, 201);
  const live = await control.call<Published>('PATCH', `${path}/v2`, { body: { state: 'live' } });
  assert.deepEqual(causes(live.body), [['/upstreams/0/url', 'connect_refused']]);
  assert.equal((await control.call('PATCH', `${path}/none`, { body: { state: 'live' } })).status, 404);
});

test('a name that does not resolve, an address that is not allowed and a port without TLS have their causes', async () => {
  const probe = openProbe({ allow: ['loopback'], timeoutMs: 60_000 }, systemClock);
  assert.equal(await probe(new URL('http://nowhere.invalid')), 'dns_failed');
  assert.equal(await probe(new URL('http://10.0.0.1')), 'address_refused');
  assert.equal(await openProbe({ allow: [] }, systemClock)(new URL(`http://${open}`)), 'address_refused');
  const hangsUp = createServer((socket) => socket.once('data', () => socket.destroy())).listen(0, '127.0.0.1');
  await once(hangsUp, 'listening');
  assert.equal(await probe(new URL(`https://127.0.0.1:${portOf(hangsUp)}`)), 'tls_failed');
  hangsUp.close();
  assert.equal(await probe(new URL(`http://${open}`)), undefined);
});

test('an upstream that does not answer a handshake is a time-out of that phase', async () => {
  const probe = openProbe({ allow: ['loopback'], timeoutMs: 500 }, systemClock);
  assert.equal(await probe(new URL(`https://${open}`)), 'tls_timeout');
});

test('each origin is tried once, and no more than eight', async () => {
  const tried: string[] = [];
  const upstreams = Array.from({ length: 12 }, (_, i) => [`http://h${i}.test/a`, `http://h${i}.test/b`])
    .flat()
    .map((url) => ({ url }));
  const warnings = await warningsOf(upstreams, async ({ host }) => {
    tried.push(host);
    return 'dns_timeout';
  });
  assert.deepEqual([tried.length, new Set(tried).size, warnings.length], [8, 8, 16]);
});
