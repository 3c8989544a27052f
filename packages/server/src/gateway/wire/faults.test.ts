import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { upstreamCauses } from '@tulou/contract/causes';
import {
  answering,
  dial,
  forwardTo,
  openEngine,
  openOrigin,
  openWorld,
  type EngineOptions,
  type Peer,
} from '../../../test/wire/peers.ts';
import type { UpstreamOrigin } from './exchange.ts';
import { connectFault, type Fault } from './faults.ts';

const get = 'GET /a HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';

/** The fault of one call to an upstream. Its text must not be in the answer. */
async function faultAt(
  t: TestContext,
  to: Partial<UpstreamOrigin>,
  options: Partial<EngineOptions> = {},
): Promise<Fault> {
  const { forward = {}, ...rest } = { ...options } as { forward?: object } & Partial<EngineOptions>;
  const origin = { key: 'k', tls: false, host: '127.0.0.1', port: 1, hostField: 'h', ...to };
  const engine = await openEngine({ begin: forwardTo(origin, forward), ...rest });
  t.after(() => engine.server.close());
  const text = await dial(engine.port).send(get).end();
  const { fault } = await engine.outcome(0);
  assert.ok(fault !== undefined);
  assert.match(text, /^HTTP\/1.1 50[24] /);
  assert.equal(text.includes(fault.cause), false);
  return fault;
}

async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function originFor(t: TestContext, onPeer?: (peer: Peer) => void): Promise<number> {
  const origin = await openOrigin(onPeer);
  t.after(() => origin.close());
  return origin.upstream.port;
}

test('a refused connection, a name without addresses and a forbidden address have their causes', async (t) => {
  assert.deepEqual(await faultAt(t, { port: await closedPort() }), { cause: 'connect_refused' });
  const name = { host: 'nowhere.test' };
  assert.deepEqual(await faultAt(t, name, { resolve: (_, done) => done([]) }), { cause: 'dns_failed' });
  assert.deepEqual(await faultAt(t, {}, { guard: () => 'no' }), { cause: 'address_refused' });
});

test('a time-out says which phase it ended', async (t) => {
  const limits = { connectTimeoutMs: 100 };
  const silent = await originFor(t);
  const name = { host: 'nowhere.test' };
  assert.deepEqual(await faultAt(t, name, { limits, resolve: () => undefined }), { cause: 'dns_timeout' });
  assert.deepEqual(await faultAt(t, { port: silent, tls: true }, { limits }), { cause: 'tls_timeout' });
  const options = { forward: { timeoutMs: 100 } } as Partial<EngineOptions>;
  assert.deepEqual(await faultAt(t, { port: silent }, options), { cause: 'answer_timeout' });
  const begins = await originFor(t, (peer) => void peer.send('HTTP/1.1 200'));
  assert.equal((await faultAt(t, { port: begins }, options)).cause, 'answer_timeout');
});

test('a connection that ends or is reset before an answer, or inside its head, has its cause', async (t) => {
  const onRequest = (then: (peer: Peer) => void) => (peer: Peer) => void peer.socket.once('data', () => then(peer));
  const closes = await originFor(
    t,
    onRequest((peer) => void peer.socket.end()),
  );
  assert.deepEqual(await faultAt(t, { port: closes }), { cause: 'closed_before_answer' });
  const resets = await originFor(
    t,
    onRequest((peer) => void peer.socket.resetAndDestroy()),
  );
  assert.deepEqual(await faultAt(t, { port: resets }), { cause: 'reset_before_answer' });
  const halves = await originFor(
    t,
    onRequest((peer) => void peer.socket.end('HTTP/1.1 200 OK\r\nX: ')),
  );
  assert.deepEqual(await faultAt(t, { port: halves }), { cause: 'closed_in_head' });
});

test('an answer that is cut off in its content is recorded with the cause', async (t) => {
  const { engine, origin } = await openWorld(t, answering('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello'));
  const client = dial(engine.port).send(get);
  await client.until((text) => text.includes('hello'));
  (await origin.peer(0)).socket.end();
  assert.deepEqual((await engine.outcome(0)).fault, { cause: 'closed_in_content' });
});

test('TLS to a port that speaks none is named as that', async (t) => {
  const plain = await originFor(t, (peer) => void peer.send('HTTP/1.1 400 Bad Request\r\n\r\n'));
  assert.deepEqual(await faultAt(t, { port: plain, tls: true }), { cause: 'tls_failed' });
  const hangsUp = await originFor(t, (peer) => void peer.socket.once('data', () => peer.socket.resetAndDestroy()));
  assert.deepEqual(await faultAt(t, { port: hangsUp, tls: true }), { cause: 'tls_failed' });
});

for (const [octets, cause, at] of [
  ['HTTP/1.1 OK\r\n\r\n', 'malformed_status_line', 'line 1'],
  ['SSH-2.0-x\r\n', 'malformed_status_line', 'line 1'],
  ['HTTP/1.1 200 OK\r\nX: a\r\nB\x01: c\r\n\r\n', 'malformed_field', 'line 3'],
  ['HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n', 'malformed_field', 'line 3'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello', 'malformed_length', 'line 3'],
  ['HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n', 'malformed_length', 'line 2'],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n', 'malformed_length', 'line 2'],
  ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n', 'malformed_length', undefined],
  ['HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'malformed_head', undefined],
  ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz', 'malformed_chunk', 'octet 1 of the content'],
  [`HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 'head_too_large', undefined],
  ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'interim_answers', 'status 101'],
  ['HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(50), 'interim_answers', undefined],
] as const) {
  test(`a malformed answer says what and where: ${JSON.stringify(octets.slice(0, 60))}`, async (t) => {
    const fault = await faultAt(t, { port: await originFor(t, answering(octets)) });
    assert.deepEqual(fault, at === undefined ? { cause } : { cause, at });
  });
}

test('every error of the system and of TLS has a code, and so has any other error', () => {
  for (const [code, tls, cause] of [
    ['CERT_HAS_EXPIRED', true, 'certificate_expired'],
    ['CERT_NOT_YET_VALID', true, 'certificate_not_yet_valid'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', true, 'certificate_self_signed'],
    ['SELF_SIGNED_CERT_IN_CHAIN', true, 'certificate_self_signed'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', true, 'certificate_wrong_name'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', true, 'certificate_unknown_issuer'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', true, 'certificate_unknown_issuer'],
    ['CERT_REVOKED', true, 'certificate_invalid'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', true, 'tls_failed'],
    ['ECONNRESET', true, 'tls_failed'],
    ['ECONNRESET', false, 'connect_reset'],
    ['EHOSTUNREACH', false, 'connect_unreachable'],
    ['ETIMEDOUT', false, 'connect_timeout'],
    ['EMFILE', false, 'gateway_out_of_descriptors'],
    ['ENFILE', true, 'gateway_out_of_descriptors'],
    ['EPROTO', false, 'connect_failed'],
  ] as const) {
    assert.equal(connectFault(Object.assign(new Error('x'), { code }), tls).cause, cause, code);
    assert.ok(cause in upstreamCauses);
  }
});
