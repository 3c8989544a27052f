/** Control and gateways as separate processes over a database of the test, and a caller that revokes things. */
import assert from 'node:assert/strict';
import { Agent, request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import * as oauth from 'openid-client';
import { openPasswords } from '../../src/identity/people/password.ts';
import { must } from '../../src/kernel/assert.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { newId, systemRandom } from '../../src/kernel/random.ts';
import { ensureMasterKey } from '../../src/up/master-key.ts';
import { ensureToken } from '../../src/up/tokens.ts';
import { openTestDatabase, type TestDatabase } from '../harness.ts';
import { openBrowser } from '../identity/browser.ts';
import { signInAt } from '../identity/signing-in.ts';
import { temporary, tulou, until, type Started } from './platform.ts';
import { openUpstream } from './published.ts';
import { nilTenant } from '../../src/tenancy/nil-tenant.ts';

export type Json = Record<string, unknown>;

/** A gateway of two threads, and who calls it. */
export interface FleetGateway {
  readonly url: string;
  readonly role: Started;
}

export const readScope = 'acme/echo:read';
export const wipeScope = 'acme/echo:wipe';
const callback = 'https://app.example.com/callback';
const password = 'correct horse battery';
const threads = 2;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => void server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Waits until a role answers. If it ends before, its output is the error. */
async function untilAnswers(role: Started, url: string): Promise<void> {
  let ended: Error | undefined;
  role.ready.catch((error: unknown) => (ended = error instanceof Error ? error : new Error(String(error))));
  await until(async () => {
    if (ended !== undefined) throw ended;
    return fetch(url).then(
      ({ status }) => status === 200,
      () => false,
    );
  });
}

export class Fleet {
  readonly issuer: string;
  readonly #folder: Awaited<ReturnType<typeof temporary>>;
  readonly #database: TestDatabase;
  readonly #env: Record<string, string>;
  readonly #operator: string;
  readonly #upstream: Awaited<ReturnType<typeof openUpstream>>;
  readonly #roles: Started[] = [];
  #tenantId = '';
  #control: Started | undefined;

  private constructor(parts: {
    issuer: string;
    folder: Awaited<ReturnType<typeof temporary>>;
    database: TestDatabase;
    env: Record<string, string>;
    operator: string;
    upstream: Awaited<ReturnType<typeof openUpstream>>;
  }) {
    this.issuer = parts.issuer;
    this.#folder = parts.folder;
    this.#database = parts.database;
    this.#env = parts.env;
    this.#operator = parts.operator;
    this.#upstream = parts.upstream;
  }

  /** Control, and a published API `acme/echo` that the tenant `mall` may use through the app `globex/shop`. */
  static async start(): Promise<Fleet> {
    const [folder, database, upstream, port] = await Promise.all([
      temporary(),
      openTestDatabase(),
      openUpstream(),
      freePort(),
    ]);
    const data = folder.path;
    const operator = await ensureToken(join(data, 'operator.token'), 'operator', systemRandom);
    await ensureToken(join(data, 'node.token'), 'node', systemRandom);
    await ensureMasterKey(join(data, 'master.key'), systemRandom);
    const issuer = `http://127.0.0.1:${port}`;
    const env = {
      // Tests ask for tokens from one address, as fast as they can.
      TULOU_IDENTITY_REQUESTS_PER_SECOND: '100000',
      TULOU_DATABASE_URL: database.url,
      TULOU_PLATFORM_URL: issuer,
      TULOU_PLATFORM_LISTEN: `127.0.0.1:${port}`,
      TULOU_NODE_TOKEN_FILE: join(data, 'node.token'),
      TULOU_OPERATOR_TOKEN_FILE: join(data, 'operator.token'),
      TULOU_MASTER_KEY_FILE: join(data, 'master.key'),
      TULOU_ADMIN_LISTEN: '127.0.0.1:0',
      TULOU_UPSTREAM_ALLOW: 'loopback',
      TULOU_GATEWAY_THREADS: String(threads),
      TULOU_GATEWAY_URL: 'http://gateway.test',
    };
    const fleet = new Fleet({ issuer, folder, database, env, operator, upstream });
    const control = fleet.#run('control', 'control');
    fleet.#control = control;
    await untilAnswers(control, `${issuer}/api/v1/openapi.json`);
    await fleet.#publish();
    return fleet;
  }

  #run(command: string, name: string, more: Record<string, string> = {}): Started {
    const role = tulou(command, { data: join(this.#folder.path, name), ports: [], env: { ...this.#env, ...more } });
    this.#roles.push(role);
    return role;
  }

  get operator(): string {
    return this.#operator;
  }

  get control(): Started {
    return must(this.#control, 'control was started');
  }

  /** One more gateway, once it is ready. `controlUrl`: where it asks, if not control itself. */
  async openGateway(name: string, controlUrl = this.issuer): Promise<FleetGateway> {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const listen = { TULOU_GATEWAY_LISTEN: `127.0.0.1:${port}`, TULOU_CONTROL_URL: controlUrl };
    const role = this.#run('gateway', name, listen);
    await untilAnswers(role, `${url}/readyz`);
    return { url, role };
  }

  /** A command of the program over this database, to its end. */
  async command(name: string, ...args: readonly string[]): Promise<void> {
    const { code, stderr } = await tulou(name, { data: this.#folder.path, ports: [], args, env: this.#env }).ended;
    assert.equal(code, 0, stderr);
  }

  async send(method: string, path: string, body?: object): Promise<Json> {
    const response = await fetch(`${this.issuer}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.#operator}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`);
    return text === '' ? {} : (JSON.parse(text) as Json);
  }

  async #publish(): Promise<void> {
    for (const slug of ['acme', 'globex', 'mall']) {
      const tenant = await this.send('POST', '/tenants', { slug, name: slug });
      this.#tenantId = String(tenant['id']);
    }
    await this.send('POST', '/tenants/acme/apis', { slug: 'echo', name: 'Echo' });
    for (const [name, risk] of [
      ['read', 'low'],
      ['wipe', 'high'],
    ]) {
      const words = { en: String(name), zh: String(name) };
      await this.send('POST', '/tenants/acme/apis/echo/scopes', { name, risk, title: words, description: words });
    }
    const operation = (scope: string) => ({
      responses: { 200: { description: 'fine' } },
      security: [{ tulou: [scope] }],
    });
    await this.send('POST', '/tenants/acme/apis/echo/versions', {
      name: 'v1',
      access: 'any',
      upstreams: [{ url: this.#upstream.url }],
      openapi: {
        openapi: '3.1.0',
        info: { title: 'Echo', version: '1' },
        paths: { '/x': { get: operation('read'), delete: operation('wipe') } },
        components: {
          securitySchemes: {
            tulou: {
              type: 'oauth2',
              flows: { clientCredentials: { tokenUrl: 'https://x.test/', scopes: { read: '', wipe: '' } } },
            },
          },
        },
      },
    });
    await this.send('POST', '/tenants/acme/apis/echo/plans', { slug: 'p', limits: [], approval: 'auto' });
    await this.makeApp('shop');
  }

  /** An app of `globex`, subscribed, and installed at `mall`. Returns the id of the installation. */
  async makeApp(slug: string): Promise<string> {
    await this.send('POST', '/tenants/globex/apps', {
      slug,
      name: slug,
      visibility: 'public',
      redirect_uris: [callback],
      scopes: [readScope],
      optional_scopes: [wipeScope],
    });
    await this.send('POST', '/tenants/globex/subscriptions', { app: slug, api: 'acme/echo', plan: 'p' });
    const installed = { app: `globex/${slug}`, scopes: [readScope, wipeScope] };
    return String((await this.send('POST', '/tenants/mall/installations', installed))['id']);
  }

  /** A key of `shop` that may read. */
  makeKey(): ReturnType<Fleet['send']> {
    return this.send('POST', '/tenants/globex/apps/shop/keys', { environment: 'live', scopes: [readScope] });
  }

  /** An OAuth client of an app, as `openid-client` uses it. */
  async makeClient(app = 'shop'): Promise<{ id: string; config: oauth.Configuration }> {
    const { id, client_secret: secret } = await this.send('POST', `/tenants/globex/apps/${app}/clients`, {
      name: 'c',
      environment: 'live',
      authentication: 'client_secret_basic',
      grant_types: ['client_credentials', 'authorization_code', 'refresh_token'],
      redirect_uris: [callback],
    });
    const auth = oauth.ClientSecretBasic(String(secret));
    const execute = [oauth.allowInsecureRequests];
    return {
      id: String(id),
      config: await oauth.discovery(new URL(this.issuer), String(id), undefined, auth, { execute }),
    };
  }

  get #resource(): string {
    return `urn:tulou:tenant:${this.#tenantId}`;
  }

  /** An installation's token. */
  async token(config: oauth.Configuration, scope = readScope): Promise<string> {
    const { access_token } = await oauth.clientCredentialsGrant(config, { resource: this.#resource, scope });
    return access_token;
  }

  /** A member of `mall`. Returns the address they sign in with. */
  async makePerson(name: string): Promise<{ email: string; member: string }> {
    const email = `${name}@mall.test`;
    const member = await this.send('POST', '/tenants/mall/members', { email, role: 'admin' });
    const kept = await openPasswords(systemRandom).keep(password);
    const user = newId('user', systemClock, systemRandom);
    const now = new Date(systemClock.now());
    await this.#database.store.system('a test has a person', async ({ sql }) => {
      await sql`
        insert into users (tenant_id, id, email, name, locale, secret_password, verified_at, created_at, updated_at)
        values (${nilTenant}, ${user}, ${email}, ${name}, 'en', ${kept}, ${now}, ${now}, ${now})`;
      await sql`update members set user_id = ${user} where id = ${String(member['id'])}`;
    });
    return { email, member: String(member['id']) };
  }

  /** A person's tokens, through sign-in and consent. */
  async userTokens(config: oauth.Configuration, email: string): Promise<oauth.TokenEndpointResponse> {
    const verifier = oauth.randomPKCECodeVerifier();
    const parameters = {
      redirect_uri: callback,
      scope: `openid offline_access ${readScope}`,
      prompt: 'consent',
      resource: this.#resource,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    };
    const url = oauth.buildAuthorizationUrl(config, parameters);
    const page = await signInAt(openBrowser(this.issuer), url.href, email, password);
    assert.ok(page.url.startsWith(callback), `${page.status} ${page.url} ${page.text}`);
    const checks = { pkceCodeVerifier: verifier };
    return oauth.authorizationCodeGrant(config, new URL(page.url), checks, { resource: this.#resource });
  }

  async stop(): Promise<void> {
    for (const role of this.#roles) role.kill('SIGTERM');
    await Promise.all(this.#roles.map(({ ended }) => ended));
    this.#upstream.close();
    await this.#database.close();
    await this.#folder.remove();
  }
}

/** One call over a kept connection: its status, or 0 without an answer. */
export function callOn(agent: Agent, url: string, headers: Record<string, string>, method = 'GET'): Promise<number> {
  return new Promise((resolve) => {
    const asked = request(`${url}/acme/echo/v1/x`, { headers, agent, method }, (response) => {
      response.resume().once('close', () => resolve(response.complete ? (response.statusCode ?? 0) : 0));
    });
    asked.once('error', () => resolve(0));
    asked.end();
  });
}

/** Connections that stay, so many that each thread of a gateway has some. */
export const connections = (count: number): Agent[] =>
  Array.from({ length: count }, () => new Agent({ keepAlive: true, maxSockets: 1 }));
