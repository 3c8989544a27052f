import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { systemClock as clock } from '../../kernel/clock.ts';
import { openGuardedFetch } from '../outbound/guarded-fetch.ts';
import { challengeUrl, openProber } from './prober.ts';

const challenge = { host: 'www.example.com', token: 'abc' };
let pages: Record<string, { status: number; body: string; location?: string }> = {};
const server = createServer((request, response) => {
  const page = pages[request.url ?? ''];
  response.writeHead(page?.status ?? 404, page?.location === undefined ? {} : { location: page.location });
  response.end(page?.body ?? '');
});
let origin = '';
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.close());

const path = '/.well-known/tulou-challenge/abc';
const guarded = openGuardedFetch({ allow: ['loopback'], plainHttp: true }, { clock });
const noRecord = (): Promise<never> => Promise.reject(new Error('ENOTFOUND'));
/** The web server of the host is here. */
const prove = openProber({
  resolveTxt: noRecord,
  fetch: (url) => guarded(String(url).replace('http://www.example.com', origin)),
});

test('a page proves a name with the exact text, and with nothing else', async () => {
  assert.equal(challengeUrl(challenge), `http://www.example.com${path}`);
  for (const [page, proof] of [
    [{ status: 200, body: 'abc\n' }, 'http'],
    [{ status: 200, body: 'abcd' }, undefined],
    [{ status: 200, body: '<html>abc</html>' }, undefined],
    [{ status: 404, body: 'abc' }, undefined],
    [{ status: 302, body: 'abc', location: path }, undefined],
  ] as const) {
    pages = { [path]: page };
    assert.equal(await prove(challenge), proof, JSON.stringify(page));
  }
});

test('a record proves a name also in parts and among others', async () => {
  const records = [['v=spf1 -all'], ['a', 'bc']];
  const byDns = openProber({ resolveTxt: () => Promise.resolve(records), fetch: () => Promise.reject(new Error()) });
  assert.equal(await byDns(challenge), 'dns');
  assert.equal(await byDns({ ...challenge, token: 'bc' }), undefined);
});

test('a server at an address that is not allowed is not asked', async () => {
  const guard = openGuardedFetch({ allow: [], plainHttp: true }, { clock, resolve: async () => ['127.0.0.1'] });
  pages = { [path]: { status: 200, body: 'abc' } };
  assert.equal(await openProber({ resolveTxt: noRecord, fetch: guard })(challenge), undefined);
});
