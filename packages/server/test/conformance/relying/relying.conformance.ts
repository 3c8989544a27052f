/**
 * Relying parties that others have written, untouched, sign a person in as the guides in docs/how-to/ say. A peer that is not
 * installed has no test; `.ci/run` installs all of them.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openBrowser } from '../../identity/browser.ts';
import { startWorld, type ClientFacts, type World } from '../../identity/world.ts';

let world: World;
before(async () => {
  world = await startWorld();
});
after(() => world.stop());

interface Peer {
  readonly command: readonly string[];
  readonly cwd?: string;
  /** Ends with 0 where the peer can run here. */
  readonly probe: readonly string[];
  /** How its client is registered. */
  readonly facts: ClientFacts;
}

const here = import.meta.dirname;
const peers: Readonly<Record<string, Peer>> = {
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

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves when it says that it is ready. Rejects with all that it said where it ends before that. */
function start({ command, cwd }: Peer, env: Readonly<Record<string, string>>): Promise<ChildProcess> {
  const [program = '', ...args] = command;
  // A group of its own: `go run` starts the program as a child.
  const child = spawn(program, args, {
    cwd,
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (piece: Buffer) => (said += piece.toString()));
  return new Promise((resolve, reject) => {
    child.stdout.on('data', (piece: Buffer) => {
      said += piece.toString();
      if (said.includes('ready')) resolve(child);
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${said}`)));
  });
}

const isHere = ({ probe: [program = '', ...args] }: Peer): boolean => spawnSync(program, args).status === 0;

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
    const child = await start(peer, env);
    t.after(() => process.kill(-(child.pid ?? 0), 'SIGKILL'));
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
