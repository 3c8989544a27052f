import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { openAssertions } from '../src/assertion.ts';

test('a service is told which data a scope is for, and takes no assertion whose limits it can’t read', async (t) => {
  const { privateKey, publicKey } = await generateKeyPair('EdDSA');
  const keys = [{ ...(await exportJWK(publicKey)), kid: 'gateway', alg: 'EdDSA', use: 'sig' }];
  const server = createServer((_, response) => response.end(JSON.stringify({ keys })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close().closeAllConnections());
  const platformUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const assertions = openAssertions({ platformUrl, audience: 'acme/orders' });
  const sign = (details?: unknown): Promise<string> =>
    new SignJWT({ scopes: 'read write', ...(details === undefined ? {} : { authorization_details: details }) })
      .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT', kid: 'gateway' })
      .setIssuer(platformUrl)
      .setAudience('acme/orders')
      .setIssuedAt()
      .setExpirationTime('2m')
      .sign(privateKey);
  const shop = { type: 'tulou_data', actions: ['read'], identifier: 'shop-17' };
  const { only, scopes } = await assertions.verify(await sign([shop, { ...shop, identifier: 'shop-18' }]));
  assert.deepEqual([{ ...only }, scopes], [{ read: ['shop-17', 'shop-18'] }, ['read', 'write']]);
  assert.deepEqual({ ...(await assertions.verify(await sign())).only }, {});
  for (const details of ['all', [null], [{ ...shop, type: 'payment' }], [{ ...shop, identifier: 17 }]])
    await assert.rejects(assertions.verify(await sign(details)), { status: 401 }, JSON.stringify(details));
});
