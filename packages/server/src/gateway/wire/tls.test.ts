import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createServer, getCACertificates, setDefaultCACertificates, type Server } from 'node:tls';
import { dial, forwardTo, openEngine, parseAnswer, type Engine } from '../../../test/wire/peers.ts';

/** For `origin.example` and 127.0.0.1. It was made for this test and is used nowhere else. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBqjCCAVCgAwIBAgIUL45B91oQLf2KMXA05c8PX7JF7ncwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOb3JpZ2luLmV4YW1wbGUwIBcNMjYxMTIyMjI0MDIyWhgPMjEy
NjEwMjkyMjQwMjJaMBkxFzAVBgNVBAMMDm9yaWdpbi5leGFtcGxlMFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAE39J0K6DrqcIPZ7FXUxaqYZT3hCqZhcCpP/nD0Niw
HN6PFydVmQkkWeu9Y9GLhVzbe+2QRGND94dsBD8OzcJ2GqN0MHIwHQYDVR0OBBYE
FHlB5BqrDNVRk89PuFdQZS7vbOhgMB8GA1UdIwQYMBaAFHlB5BqrDNVRk89PuFdQ
ZS7vbOhgMA8GA1UdEwEB/wQFMAMBAf8wHwYDVR0RBBgwFoIOb3JpZ2luLmV4YW1w
bGWHBH8AAAEwCgYIKoZIzj0EAwIDSAAwRQIgZ6/OZSqbTUC8KQc19I+Cq+PVQWmX
9VIEn4o/uyp/Re0CIQC9J0pl6Ea9ky8VWf379rapW6CcUqhfHYNbaIHOTiiIBA==
-----END CERTIFICATE-----`;
const privateKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGVOAre5b8hCI8uhR
Dz3h7FEEuIkZSidhlHgvcngypa2hRANCAATf0nQroOupwg9nsVdTFqphlPeEKpmF
wKk/+cPQ2LAc3o8XJ1WZCSRZ671j0YuFXNt77ZBEY0P3h2wEPw7NwnYa
-----END PRIVATE KEY-----`;
const get = 'GET /a HTTP/1.1\r\nHost: a.example\r\nConnection: close\r\n\r\n';
const big = 'x'.repeat(3_000_000);

async function openTlsOrigin(t: TestContext): Promise<Server> {
  const server = createServer({ cert: certificate, key: privateKey }, (socket) => {
    socket.on('error', () => undefined);
    socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${big.length}\r\n\r\n${big}`));
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => void server.close());
  return server;
}

async function openFor(t: TestContext, server: Server, host: string): Promise<Engine> {
  const { port } = server.address() as AddressInfo;
  const engine = await openEngine({
    begin: forwardTo({ key: `https://${host}`, tls: true, host, port, hostField: host }),
    resolve: (_host, done) => done([{ address: '127.0.0.1', family: 4 }]),
  });
  t.after(() => engine.server.close());
  return engine;
}

test('the cause of a refused certificate is recorded: self-signed, or for another name', async (t) => {
  const server = await openTlsOrigin(t);
  const trusted = getCACertificates('default');
  t.after(() => setDefaultCACertificates(trusted));
  const causeAt = async (host: string): Promise<string | undefined> => {
    const engine = await openFor(t, server, host);
    await dial(engine.port).send(get).end();
    return (await engine.outcome(0)).fault?.cause;
  };
  assert.equal(await causeAt('origin.example'), 'certificate_self_signed');
  setDefaultCACertificates([...trusted, certificate]);
  assert.equal(await causeAt('other.example'), 'certificate_wrong_name');
});

test('an upstream with an untrusted certificate, or one for another name, is a 502', async (t) => {
  const server = await openTlsOrigin(t);
  const trusted = getCACertificates('default');
  t.after(() => setDefaultCACertificates(trusted));
  assert.match(
    await dial((await openFor(t, server, 'origin.example')).port)
      .send(get)
      .end(),
    /upstream_unreachable/,
  );
  setDefaultCACertificates([...trusted, certificate]);
  assert.match(
    await dial((await openFor(t, server, 'other.example')).port)
      .send(get)
      .end(),
    /upstream_unreachable/,
  );
});

test('an upstream over TLS is reached by name and by address, and its connection kept', async (t) => {
  const server = await openTlsOrigin(t);
  const trusted = getCACertificates('default');
  t.after(() => setDefaultCACertificates(trusted));
  setDefaultCACertificates([...trusted, certificate]);
  for (const host of ['origin.example', '127.0.0.1']) {
    const engine = await openFor(t, server, host);
    let connections = 0;
    server.on('secureConnection', () => (connections += 1));
    for (let turn = 0; turn < 3; turn += 1) {
      const answer = parseAnswer(await dial(engine.port).send(get).end());
      assert.deepEqual([answer.status, answer.content === big], [200, true]);
    }
    assert.equal(connections, 1);
    assert.equal(engine.server.stats().upstream.idle, 1);
    server.removeAllListeners('secureConnection');
    server.on('secureConnection', (socket) =>
      socket.on('data', () => socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${big.length}\r\n\r\n${big}`)),
    );
  }
});
