/**
 * Relying parties that others have written, untouched, sign a person in as the guides in docs/how-to/ say. Where a peer is not
 * installed its test fails; `.ci/run` installs all of them.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../../identity/browser.ts';
import { startWorld, type ClientFacts, type World } from '../../identity/world.ts';
import { endPeer, freePort, isHere, startPeer, type Peer } from './peer.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

interface Library extends Peer {
  /** How its client is registered. */
  readonly facts: ClientFacts;
}

const here = import.meta.dirname;
const peers: Readonly<Record<string, Library>> = {
  'passport-openidconnect': {
    command: [process.execPath, join(here, 'passport.mjs')],
    probe: [process.execPath, '--version'],
    facts: { authentication: 'client_secret_post', pkce: 'optional', idTokenAlgorithm: 'RS256' },
  },
  Authlib: {
    command: ['/usr/bin/python3', join(here, 'authlib_app.py')],
    probe: ['/usr/bin/python3', '-c', 'import authlib, requests'],
    facts: { authentication: 'client_secret_basic', idTokenAlgorithm: 'RS256' },
  },
  'go-oidc': {
    command: ['go', 'run', '.'],
    cwd: join(here, 'go'),
    probe: ['go', 'version'],
    facts: { authentication: 'client_secret_basic', idTokenAlgorithm: 'RS256' },
  },
};

for (const [name, peer] of Object.entries(peers))
  test(`${name} signs a person in, and refuses an answer that it did not ask for`, async (t) => {
    assert.ok(isHere(peer), `${name} is not installed: .ci/run installs it`);
    const port = await freePort();
    const at = `http://127.0.0.1:${port}`;
    const client = await world.makeClient({ ...peer.facts, redirectUri: `${at}/callback` });
    const env = {
      ISSUER: world.issuer,
      CLIENT_ID: client.id,
      CLIENT_SECRET: client.secret,
      CALLBACK: `${at}/callback`,
      AUTHLIB_INSECURE_TRANSPORT: '1',
    };
    const child = await startPeer(peer, env, port);
    t.after(() => endPeer(child));
    const begun = await fetch(`${at}/login`, { redirect: 'manual' });
    const { url } = await openBrowser(world.issuer).open(begun.headers.get('location') ?? '');
    const forged = new URL(url);
    forged.searchParams.set('state', 'another');
    assert.ok((await fetch(forged)).status >= 400);
    const again = await fetch(`${at}/login`, { redirect: 'manual' });
    const second = await openBrowser(world.issuer).open(again.headers.get('location') ?? '');
    const answer = await fetch(second.url);
    const text = await answer.text();
    assert.equal(answer.status, 200, text);
    const person = JSON.parse(text) as Record<string, unknown>;
    assert.deepEqual([person['sub'], person['email']], [world.user, 'owner@shop.test'], text);
  });
