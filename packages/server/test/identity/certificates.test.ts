/** Clients that authenticate by TLS certificate (RFC 8705), as a proxy in front reports it (RFC 9440). */
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { after, before, test } from 'node:test';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { TrustedProxies } from '../../src/http/trusted-proxies.ts';
import { namesIn } from '../../src/identity/provider/certificates.ts';
import { serviceCertificate as service } from './certificate.ts';
import { configure } from './sign-in.ts';
import { exchangeGrant, startWorld, type TestClient, type World } from './world.ts';

/** Made like the other one, for `DNS:*.example.com`. */
const wildcard =
  'MIIBjjCCATWgAwIBAgIUW5txgotQCzAmH2DgDENvM4iELa4wCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEd2lsZDAgFw0yNjExMjMwMDU1MDBaGA8yMTI2MTAzMDAwNTUwMFowDzENMAsGA1UEAwwEd2lsZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHdS7vyWdBIi3M5+rOzgoS9zYjCGjLQvrz9dizvZgxtxSQ+0x36s1Pnx5iud55rW9OBGatAwJ0RafD3WYMHWbPijbTBrMB0GA1UdDgQWBBSKPBdCQTyk9eIf1Q3JrNl0LpuEyjAfBgNVHSMEGDAWgBSKPBdCQTyk9eIf1Q3JrNl0LpuEyjAPBgNVHRMBAf8EBTADAQH/MBgGA1UdEQQRMA+CDSouZXhhbXBsZS5jb20wCgYIKoZIzj0EAwIDRwAwRAIgW5Ac2mxr0yAw4CAnrKvBQMrbvmh+1e/MaHjXZ0reaPkCIB8929kX8F+FKmFdioJrwO/+WSSEriVAGPX7ZYcvlhcR';

const thumbprint = hash('sha256', Buffer.from(service, 'base64'), 'base64url');

let world: World;
let resource: string;
before(async () => {
  world = await startWorld(undefined, new TrustedProxies(['127.0.0.1']));
  resource = `urn:tulou:tenant:${world.tenant.id}`;
});
after(() => world.stop());

/** openid-client behind a proxy that has seen this certificate. */
async function behind(as: TestClient, certificate: string | undefined): Promise<client.Configuration> {
  const config = await configure(world.issuer, as, client.TlsClientAuth());
  config[client.customFetch] = (url, options) => {
    const seen = certificate === undefined ? {} : { 'client-cert': `:${certificate}:` };
    return fetch(url, { ...options, headers: { ...options.headers, ...seen } } as RequestInit);
  };
  return config;
}

const failed = (error: unknown): boolean =>
  error instanceof client.ResponseBodyError && error.error === 'invalid_client';

for (const subject of ['dns:service.example.com', 'uri:spiffe://example.com/service']) {
  test(`a client proves itself by the certificate for ${subject}`, async () => {
    const named = await world.makeClient({ authentication: 'tls_client_auth', tlsSubject: subject });
    const { access_token: token } = await client.clientCredentialsGrant(await behind(named, service), { resource });
    assert.deepEqual([decodeJwt(token)['client_id'], decodeJwt(token)['cnf']], [named.id, undefined]);
  });
}

test('another certificate, one with a wildcard, none, and what is none are refused', async () => {
  const named = await world.makeClient({ authentication: 'tls_client_auth', tlsSubject: 'dns:service.example.com' });
  const other = await world.makeClient({ authentication: 'tls_client_auth', tlsSubject: 'dns:other.example.com' });
  const ask = async (who: TestClient, what: string | undefined) =>
    client.clientCredentialsGrant(await behind(who, what), { resource });
  await assert.rejects(ask(other, service), failed);
  for (const wrong of [wildcard, undefined, service.slice(0, 400), Buffer.from('none').toString('base64')])
    await assert.rejects(ask(named, wrong), failed);
});

test('a certificate counts only from a proxy that is trusted', async () => {
  const lone = await startWorld();
  try {
    const named = await lone.makeClient({ authentication: 'tls_client_auth', tlsSubject: 'dns:service.example.com' });
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: named.id, resource });
    const headers = { 'client-cert': `:${service}:` };
    const answer = await fetch(`${lone.issuer}/oauth2/token`, { method: 'POST', headers, body });
    assert.equal(answer.status, 401);
  } finally {
    await lone.stop();
  }
});

test('a bound token names the certificate, and is traded only with it', async () => {
  const facts = { authentication: 'tls_client_auth', tlsSubject: 'dns:service.example.com' } as const;
  const bound = await world.makeClient({ ...facts, certificateBound: true });
  const config = await behind(bound, service);
  const { access_token: token } = await client.clientCredentialsGrant(config, { resource });
  assert.deepEqual(decodeJwt(token)['cnf'], { 'x5t#S256': thumbprint });
  const subject = { subject_token: token, subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
  const traded = await client.genericGrantRequest(config, exchangeGrant, subject);
  assert.deepEqual(decodeJwt(traded.access_token)['cnf'], { 'x5t#S256': thumbprint });
  // By another client of the app, which proves itself by a secret and has no certificate.
  const plain = await world.makeClient();
  const secret = await configure(world.issuer, plain, client.ClientSecretBasic(plain.secret));
  await assert.rejects(client.genericGrantRequest(secret, exchangeGrant, subject));
  const told = await client.tokenIntrospection(config, token);
  assert.deepEqual([told.active, told.token_type], [true, 'Bearer']);
});

test('a name that holds the text of another one is not that one', () => {
  const text = String.raw`URI:"http://x/\u002c URI:spiffe://example.com/service\u002c http://y/", DNS:a, IP Address:10.0.0.1`;
  assert.deepEqual(namesIn(text, 'URI'), ['http://x/, URI:spiffe://example.com/service, http://y/']);
  assert.deepEqual([namesIn(text, 'DNS'), namesIn(text, 'IP Address')], [['a'], ['10.0.0.1']]);
  assert.deepEqual(namesIn('DNS:a, DNS"', 'DNS'), []);
});
