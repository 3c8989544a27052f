/**
 * Programs that sign people in before an application, untouched, as the guides in docs/how-to/ say: each runs with the very
 * settings of its guide. Where one is not installed its test fails; `.ci/run` installs all of them.
 */
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test, type TestContext } from 'node:test';
import { openBrowser, type Browser, type Page } from '../../identity/browser.ts';
import { startWorld, type ClientFacts, type TestClient, type World } from '../../identity/world.ts';
import { endPeer, freePort, isHere, startPeer, type Peer } from './peer.ts';

let world: World;
let application: Server;
let root: string;
before(async () => {
  root = await mkdtemp(join(tmpdir(), 'tulou-proxies-'));
  world = await startWorld();
  // The address is proven: oauth2-proxy rejects others.
  await world.store.system('test', ({ sql }) => sql`update users set verified_at = now()`);
  application = createServer(({ url, headers }, response) => response.end(JSON.stringify({ url, headers })));
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve));
});
after(async () => {
  application.close().closeAllConnections();
  await world.stop();
  await rm(root, { recursive: true });
});

/** A proxy that runs, the browser of a person before it, and the same person's browser at the platform. */
interface Scene {
  readonly at: string;
  readonly client: TestClient;
  readonly proxy: Browser;
  readonly platform: Browser;
}

/** Goes there, and on between proxy and platform, until one of them shows a page. */
async function walk({ at, proxy, platform }: Scene, url: string): Promise<Page> {
  const page = await (url.startsWith(at) ? proxy : platform).open(url);
  const isElsewhere = page.status === 0 && (page.url.startsWith(at) || page.url.startsWith(world.issuer));
  return isElsewhere ? walk({ at, proxy, platform } as Scene, page.url) : page;
}

/** The header fields that the application has received. */
function received({ status, text }: Page): Readonly<Record<string, string>> {
  assert.equal(status, 200, text);
  return (JSON.parse(text) as { headers: Record<string, string> }).headers;
}

/** The settings of a guide, with the addresses and secrets of this test. Each replacement must be there. */
async function settingsOf(guide: string, language: string, values: Readonly<Record<string, string>>): Promise<string> {
  const path = new URL(`../../../../../docs/how-to/${guide}`, import.meta.url);
  const block = new RegExp(`\`\`\`${language}\n([^\`]+)\`\`\``).exec(await readFile(path, 'utf8'))?.[1];
  assert.ok(block !== undefined, `${guide} shows its settings`);
  return Object.entries(values).reduce((text, [example, value]) => {
    assert.ok(text.includes(example), `${guide}: ${example}`);
    return text.replaceAll(example, value);
  }, block);
}

const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

interface Start {
  readonly facts: (at: string) => ClientFacts;
  /** Writes the settings and returns how the program is started with them. */
  readonly write: (
    folder: string,
    place: { readonly at: string; readonly port: number },
    client: TestClient,
  ) => Promise<Peer>;
}

async function open(t: TestContext, { facts, write }: Start): Promise<Scene> {
  const port = await freePort();
  const at = `http://127.0.0.1:${port}`;
  const client = await world.makeClient({
    authentication: 'client_secret_basic',
    idTokenAlgorithm: 'RS256',
    ...facts(at),
  });
  const peer = await write(await mkdtemp(join(root, 'peer-')), { at, port }, client);
  assert.ok(isHere(peer), `${peer.command[0]} is not installed: .ci/run installs it`);
  const child = await startPeer(peer, {}, port);
  t.after(() => endPeer(child));
  return { at, client, proxy: openBrowser(at), platform: openBrowser(world.issuer) };
}

/** The response of the platform to this sign-in, for another `state`, is not accepted. */
async function forge({ at }: Scene, path: string): Promise<void> {
  const proxy = openBrowser(at);
  const begun = await proxy.open(at + path);
  const { url } = await openBrowser(world.issuer).open(begun.url);
  assert.ok(url.startsWith(at), url);
  const forged = new URL(url);
  forged.searchParams.set('state', 'another');
  const refused = await proxy.open(forged.href);
  assert.ok(refused.status >= 400 && !refused.text.includes('owner@shop.test'), refused.text);
}

/** Calls the application until its access token is another one. */
async function refreshed(scene: Scene, field: string, first: string | undefined): Promise<void> {
  for (;;) {
    const token = received(await scene.proxy.open(`${scene.at}/again`))[field];
    assert.ok(token !== undefined, `the session ended instead of a refresh`);
    if (token !== first) return;
    await new Promise((resolve) => void setTimeout(resolve, 50));
  }
}

const oauth2Proxy: Start = {
  facts: (at) => ({ redirectUri: `${at}/oauth2/callback`, postLogoutRedirectUri: `${at}/` }),
  async write(folder, { at, port }, client) {
    const settings = await settingsOf('connect-oauth2-proxy.md', 'toml', {
      'https://platform.example.com': world.issuer,
      '"platform.example.com"': JSON.stringify(new URL(world.issuer).host),
      'https://till.example.com': at,
      '127.0.0.1:4180': `127.0.0.1:${port}`,
      'http://127.0.0.1:3000': urlOf(application),
      CLIENT_ID: client.id,
      CLIENT_SECRET: client.secret,
      COOKIE_SECRET: '0123456789abcdef0123456789abcdef',
      'cookie_refresh = "4m"': 'cookie_refresh = "1s"',
    });
    const path = join(folder, 'oauth2-proxy.cfg');
    // Without TLS, as everything is on this machine.
    await writeFile(path, `${settings}cookie_secure = false\n`);
    const program = join(process.env['TMPDIR'] ?? '/tmp', 'tulou-peers', 'bin', 'oauth2-proxy');
    return { command: [program, '--config', path], probe: [program, '--version'] };
  },
};

test('oauth2-proxy signs a person in, refreshes, signs out, and rejects a response that it did not request', async (t) => {
  const scene = await open(t, oauth2Proxy);
  const { at, client, proxy } = scene;
  const start = '/oauth2/start?rd=%2Fhome';
  await forge(scene, start);
  const first = received(await walk(scene, at + start));
  assert.deepEqual([first['x-forwarded-user'], first['x-forwarded-email']], [world.user, 'owner@shop.test']);
  await refreshed(scene, 'x-forwarded-access-token', first['x-forwarded-access-token']);
  const end = new URL('/oauth2/end-session', world.issuer);
  end.search = String(new URLSearchParams({ client_id: client.id, post_logout_redirect_uri: `${at}/` }));
  const asked = await walk(scene, `${at}/oauth2/sign_out?rd=${encodeURIComponent(end.href)}`);
  assert.match(asked.text, /Do you want to sign out\?/);
  const left = await scene.platform.submit(asked, { logout: 'yes' });
  assert.equal(left.url, `${at}/`);
  assert.equal((await proxy.open(`${at}/home`)).status, 403, 'the sign-in page of oauth2-proxy');
});

const modules = '/usr/lib/apache2/modules';
/** The configuration that Debian's apache2 has around a virtual host. */
const preamble = (folder: string, port: number): string => `
ServerRoot ${folder}
ServerName 127.0.0.1
PidFile ${folder}/apache.pid
DefaultRuntimeDir ${folder}
Mutex file:${folder} default
ErrorLog "|/bin/cat"
User www-data
Group www-data
Listen 127.0.0.1:${port}
${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'proxy', 'proxy_http', 'auth_openidc']
  .map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`)
  .join('\n')}
ProxyPass / ${urlOf(application)}/
`;

const apache: Start = {
  facts: (at) => ({
    redirectUri: `${at}/signed-in`,
    postLogoutRedirectUri: `${at}/bye`,
    backchannelLogoutUri: `${at}/signed-in?logout=backchannel`,
  }),
  async write(folder, { at, port }, client) {
    const settings = await settingsOf('connect-mod-auth-openidc.md', 'apache', {
      'https://platform.example.com': world.issuer,
      'https://till.example.com': at,
      CLIENT_ID: client.id,
      CLIENT_SECRET: client.secret,
      PASSPHRASE: '0123456789abcdef',
      // More than the five minutes of a token: each request refreshes.
      'OIDCRefreshAccessTokenBeforeExpiry 60': 'OIDCRefreshAccessTokenBeforeExpiry 3600',
    });
    const path = join(folder, 'apache.conf');
    await writeFile(path, preamble(folder, port) + settings);
    const program = '/usr/sbin/apache2';
    return { command: [program, '-D', 'FOREGROUND', '-f', path], probe: [program, '-t', '-f', path] };
  },
};

test('mod_auth_openidc signs a person in, refreshes, signs out, and rejects a response that it did not request', async (t) => {
  const scene = await open(t, apache);
  const { at, proxy } = scene;
  await forge(scene, '/home');
  const first = received(await walk(scene, `${at}/home`));
  assert.deepEqual([first['oidc_claim_sub'], first['oidc_claim_email']], [world.user, 'owner@shop.test']);
  await refreshed(scene, 'oidc_access_token', first['oidc_access_token']);
  const asked = await walk(scene, `${at}/signed-in?logout=${encodeURIComponent(`${at}/bye`)}`);
  assert.match(asked.text, /Do you want to sign out\?/);
  const left = await scene.platform.submit(asked, { logout: 'yes' });
  assert.equal(left.url, `${at}/bye`);
  assert.ok((await proxy.open(left.url)).status === 200, 'the page after sign-out is open to everyone');
  assert.ok((await proxy.open(`${at}/home`)).url.startsWith(world.issuer), 'the next request starts a new sign-in');
});

test('mod_auth_openidc ends its session when the person signs out elsewhere', async (t) => {
  const scene = await open(t, apache);
  const { at, proxy, platform } = scene;
  received(await walk(scene, `${at}/home`));
  received(await proxy.open(`${at}/home`));
  const asked = await platform.open(`${world.issuer}/oauth2/end-session`);
  await platform.submit(asked, { logout: 'yes' });
  assert.ok((await proxy.open(`${at}/home`)).url.startsWith(world.issuer), 'the next request starts a new sign-in');
});
