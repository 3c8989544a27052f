/** The identity server over a real database and a real listener, with an app, its clients, and a tenant that installed it. */
import { idFromUuid, Problem } from '@tulou/contract';
import { openActing } from '../../src/operations/acting.ts';
import { appendAudit } from '../../src/operations/audit/append.ts';
import { chainStart } from '../../src/operations/audit/chain.ts';
import { compileOperations, type Compiled } from '../../src/operations/compiled.ts';
import { bind } from '../../src/operations/handler.ts';
import { bindings as appBindings } from '../../src/apps/operations.ts';
import { openInviting } from '../../src/identity/mail/invite.ts';
import { openNotices } from '../../src/identity/mail/notice.ts';
import { showProvider } from '../../src/publishing/catalog/refresh.ts';
import { bindings as tenantBindings } from '../../src/tenants/operations.ts';
import { bindMember } from '../../src/tenants/members/bind.ts';
import { present, publish } from '../../src/snapshot/publish.ts';
import { listen, type Mount } from '../../src/http/listen.ts';
import type { Audit } from '../../src/identity/acting.ts';
import type { AllowedClass } from '../../src/http/address-guard.ts';
import { TrustedProxies } from '../../src/http/trusted-proxies.ts';
import { startIdentity, type Identity, type Interaction } from '../../src/identity/identity.ts';
import { openInteraction } from '../../src/identity/pages.ts';
import { rotateKeys } from '../../src/identity/keys/keys.ts';
import { openGuardedFetch } from '../../src/identity/outbound/guarded-fetch.ts';
import { openVault, type Vault } from '../../src/kernel/seal.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { sha256 } from '../../src/kernel/hash.ts';
import { openLog } from '../../src/kernel/log.ts';
import { newId, systemRandom as random, uuidV7 } from '../../src/kernel/random.ts';
import { openStore, type Store, type SystemTx } from '../../src/store/store.ts';
import { openTestDatabase, type TestDatabase } from '../harness.ts';
import { nilTenant } from '../../src/tenancy/nil-tenant.ts';

export const masterKey = Buffer.alloc(32, 7);
export const callback = 'https://app.example.com/callback';
export const afterLogout = 'https://app.example.com/bye';
export const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code';
export const exchangeGrant = 'urn:ietf:params:oauth:grant-type:token-exchange';

export interface TestClient {
  readonly id: string;
  readonly secret: string;
}

export interface ClientFacts {
  readonly authentication?:
    | 'client_secret_basic'
    | 'client_secret_post'
    | 'private_key_jwt'
    | 'tls_client_auth'
    | 'none';
  readonly jwks?: object;
  readonly tlsSubject?: string;
  readonly dpopBound?: boolean;
  readonly certificateBound?: boolean;
  readonly idTokenAlgorithm?: 'RS256' | 'ES256';
  readonly pkce?: 'required' | 'optional';
  readonly pushedOnly?: boolean;
  /** The address for answers; by default one without a listener. */
  readonly redirectUri?: string;
  /** The address after sign-out; by default one without a listener. */
  readonly postLogoutRedirectUri?: string;
  /** The URL that receives logout tokens. */
  readonly backchannelLogoutUri?: string;
  /** The app and its tenant (a UUID), if they are not those of this world. */
  readonly app?: string;
  readonly owner?: string;
}

export interface World {
  readonly database: TestDatabase;
  readonly store: Store;
  readonly issuer: string;
  readonly tenant: { readonly id: string; readonly uuid: string; readonly slug: string };
  /** UUID of the tenant whose app it is. */
  readonly developer: string;
  readonly app: string;
  readonly installation: string;
  /** The tenant's owner. */
  readonly user: string;
  /** A member who may only read. */
  readonly viewer: string;
  /** One more node of the same issuer, with connections of its own. Returns where it listens. */
  startNode(): Promise<string>;
  /** During the work, this account is the person at the interaction. */
  actAs(account: string, work: () => Promise<void>): Promise<void>;
  /** The issuer's next key signs from now on. */
  rotate(): Promise<void>;
  /** Whether a denial of this key is published to the gateways. */
  denied(key: string): Promise<boolean>;
  makeClient(facts?: ClientFacts): Promise<TestClient>;
  /** Another app of the same developer that declares the same and is installed at the same tenant. Returns its id. */
  makeApp(slug: string): Promise<string>;
  stop(): Promise<void>;
}

/** The scopes that the app of this world declares, and those that the tenant granted. */
export const scopes = {
  declared: ['acme/orders:read', 'acme/orders:refund', 'acme/orders:export'],
  granted: ['acme/orders:read', 'acme/orders:refund', 'acme/orders:admin'],
} as const;

/** The person at the interaction has this account, and agrees to everything. */
export function agreeAs(accountOf: () => string): Interaction {
  return async (message, response, provider) => {
    const { prompt, params, grantId, session } = await provider.interactionDetails(message, response);
    if (prompt.name === 'login') {
      return provider.interactionFinished(message, response, { login: { accountId: accountOf() } });
    }
    const { missingOIDCScope, missingResourceScopes, rar } = prompt.details as {
      missingOIDCScope?: string[];
      missingResourceScopes?: Record<string, string[]>;
      rar?: { type: string }[];
    };
    const known = grantId === undefined || rar !== undefined ? undefined : await provider.Grant.find(grantId);
    const grant =
      known ?? new provider.Grant({ accountId: session?.accountId ?? '', clientId: String(params['client_id']) });
    for (const one of rar ?? []) grant.addRar(one);
    if (missingOIDCScope !== undefined) grant.addOIDCScope(missingOIDCScope.join(' '));
    for (const [resource, missing] of Object.entries(missingResourceScopes ?? {})) {
      grant.addResourceScope(resource, missing.join(' '));
    }
    const consent = { grantId: await grant.save() };
    return provider.interactionFinished(message, response, { consent }, { mergeWithLastSubmission: true });
  };
}

/**
 * Starts it all, with somebody who agrees to everything in place of pages unless these are given. Nodes share a database, a
 * master key and the issuer's address, as behind a balancer. The first node works over the store that `wrap` makes.
 */
export async function startWorld(
  pagesOf?: (store: Store) => Interaction,
  proxies: TrustedProxies = new TrustedProxies([]),
  upstreamAllow: readonly AllowedClass[] = ['loopback'],
  hostname = '127.0.0.1',
  wrap: (store: Store) => Store = (store) => store,
): Promise<World> {
  const database = await openTestDatabase();
  const { store } = database;
  const served = wrap(store);
  const facts = await seed(store);
  let acting: string = facts.user;
  const interaction = pagesOf?.(served) ?? agreeAs(() => acting);
  const first = await startNode(served, interaction, { proxies, upstreamAllow, hostname });
  const ends: (() => Promise<void>)[] = [first.stop];
  return {
    database,
    store,
    issuer: first.url,
    ...facts,
    async startNode() {
      const own = openStore({ url: database.url, connectionsMax: 10 }, clock);
      const node = await startNode(own, interaction, { proxies, upstreamAllow, hostname }, first.url);
      ends.push(() => node.stop().then(() => own.close()));
      return node.url;
    },
    async actAs(account, work) {
      acting = account;
      await work().finally(() => (acting = facts.user));
    },
    rotate: () =>
      rotateKeys({ issuer: first.url, tenantUuid: nilTenant }, { store, clock, vault: openVault(masterKey, random) }),
    async denied(key) {
      const rows = await store.system(
        'test',
        ({ sql }) => sql`select from snapshot_objects where kind = 'denial' and key = ${key} and object is not null`,
      );
      return rows.length === 1;
    },
    makeClient: (given = {}) => insertClient(store, given.owner ?? facts.developer, given.app ?? facts.app, given),
    makeApp: (slug) =>
      store.system(
        'the scene of a test',
        async (tx) => (await insertApp(tx, facts.developer, facts.tenant.uuid, slug)).app,
      ),
    async stop() {
      for (const end of ends.toReversed()) await end();
      await database.close();
    },
  };
}

/** The pages as they are wired in main.ts, over this store. */
export function pagesOver(store: Store, fetch = openGuardedFetch({ allow: ['loopback'] }, { clock })): Interaction {
  const log = openLog('identity', 'error');
  const vault = openVault(masterKey, random);
  const act = openActing(() => table, { store, clock, random, log });
  const table = operationsOver(store, vault);
  const audit: Audit = (tx, tenantUuid, fact) =>
    appendAudit(tx, tenantUuid, { ...fact, id: newId('audit', clock, random), at: new Date(), reason: null });
  return openInteraction({ store, clock, random, log, vault, act, audit, bindMember, fetch });
}

/** The operations that pages call, without the role that serves them. */
function operationsOver(store: Store, vault: Vault): ReadonlyMap<string, Compiled> {
  const log = openLog('control', 'error');
  const urls = {
    platformUrl: 'http://platform.test',
    gatewayUrl: 'http://gateway.test',
    upstreamAllow: [],
    unprovenHosts: true,
  };
  const ground = { store, clock, random, log, ...urls };
  const deps = { ...ground, fleetKey: vault.derive('gateways'), mailMembers: openNotices(ground) };
  const offers = { inviteMember: openInviting(deps), showProvider };
  const compiled = compileOperations([...bind(deps, appBindings), ...bind({ ...deps, ...offers }, tenantBindings)]);
  return new Map(compiled.map((one) => [one.operation.id, one]));
}

interface NodeFacts {
  readonly proxies: TrustedProxies;
  readonly upstreamAllow: readonly AllowedClass[];
  /** The host name of this machine: a browser has passkeys only for names. */
  readonly hostname: string;
}

/** The first node's own address is the issuer. */
async function startNode(
  store: Store,
  interaction: Interaction,
  { proxies, upstreamAllow, hostname }: NodeFacts,
  issuer?: string,
) {
  const held: { identity?: Identity } = {};
  const mount: Mount = {
    owns: (path) => held.identity?.owns(path) === true,
    handle: (message, response) => held.identity?.handle(message, response),
  };
  const log = openLog('identity', 'error');
  const none = (): Promise<never> => Promise.reject(new Problem('not_found'));
  const listener = await listen({ host: '127.0.0.1', port: 0 }, none, { clock, random, log, proxies }, mount);
  const url = listener.url.replace('127.0.0.1', hostname);
  const deps = { store, clock, random, log, interaction, vault: openVault(masterKey, random) };
  const started = await startIdentity(
    { platformUrl: issuer ?? url, upstreamAllow, signUp: 'invited', warmIssuers: 100 },
    deps,
  );
  held.identity = started;
  return { url, stop: () => listener.close().then(() => started.stop()) };
}

async function seed(store: Store) {
  const now = new Date();
  const [provider, developer, tenantUuid] = [0, 1, 2].map(() => uuidV7(clock, random)) as [string, string, string];
  const [app, api, installation] = [
    newId('app', clock, random),
    newId('api', clock, random),
    newId('installation', clock, random),
  ];
  const [user, viewer] = [newId('user', clock, random), newId('user', clock, random)];
  await store.system('the scene of a test', async (tx) => {
    const { sql } = tx;
    for (const [uuid, slug] of [
      [provider, 'acme'],
      [developer, 'maker'],
      [tenantUuid, 'shop'],
    ] as const) {
      await sql`insert into tenants (tenant_id, slug, name, created_at, updated_at) values (${uuid}, ${slug}, ${slug}, ${now}, ${now})`;
      await sql`insert into audit_heads (tenant_id, seq, hash) values (${uuid}, 0, ${chainStart(uuid)})`;
    }
    await sql`insert into apis (tenant_id, id, slug, name, visibility, hosts, created_at, updated_at)
      values (${provider}, ${api}, 'orders', 'Orders', 'public', '{}', ${now}, ${now})`;
    for (const [name, risk] of [
      ['read', 'low'],
      ['refund', 'high'],
    ] as const) {
      await sql`insert into scopes (tenant_id, api_id, name, risk, title, description, created_at, updated_at)
        values (${provider}, ${api}, ${name}, ${risk}, '{}', '{}', ${now}, ${now})`;
    }
    await insertApp(tx, developer, tenantUuid, 'till', { app, installation });
    for (const [id, role] of [
      [user, 'owner'],
      [viewer, 'viewer'],
    ] as const) {
      await sql`insert into users (tenant_id, id, email, name, locale, created_at, updated_at)
        values (${nilTenant}, ${id}, ${`${role}@shop.test`}, ${role}, 'en', ${now}, ${now})`;
      await sql`insert into members (tenant_id, id, email, role, user_id, created_at, updated_at)
        values (${tenantUuid}, ${newId('member', clock, random)}, ${`${role}@shop.test`}, ${role}, ${id}, ${now}, ${now})`;
    }
  });
  const tenant = { id: idFromUuid('tenant', tenantUuid), uuid: tenantUuid, slug: 'shop' };
  return { tenant, app, installation, user, viewer, developer };
}

/** An app that declares the scopes of this world, and its installation. */
async function insertApp(
  { sql }: SystemTx,
  developer: string,
  tenantUuid: string,
  slug: string,
  ids = { app: newId('app', clock, random), installation: newId('installation', clock, random) },
) {
  const now = new Date();
  const name = slug.slice(0, 1).toUpperCase() + slug.slice(1);
  await sql`insert into apps
    (tenant_id, id, slug, name, state, redirect_uris, scopes, optional_scopes, created_at, updated_at) values
    (${developer}, ${ids.app}, ${slug}, ${name}, 'active', '{}', ${['acme/orders:read']}, ${scopes.declared.slice(1)}, ${now}, ${now})`;
  await sql`insert into installations (tenant_id, id, developer, developer_slug, app_id, app_slug, app_name,
    scopes, state, granted_by, created_at, updated_at) values (${tenantUuid}, ${ids.installation}, ${developer}, 'maker', ${ids.app},
    ${slug}, ${name}, ${[...scopes.granted]}, 'active', 'mem_x', ${now}, ${now})`;
  return ids;
}

async function insertClient(store: Store, developer: string, app: string, given: ClientFacts): Promise<TestClient> {
  const { authentication = 'client_secret_basic', jwks, dpopBound = false, certificateBound = false } = given;
  const [id, secret, now] = [
    newId('client', clock, random),
    Buffer.from(random.bytes(32)).toString('base64url'),
    new Date(),
  ];
  const grants = ['authorization_code', 'refresh_token', deviceGrant];
  const all = authentication === 'none' ? grants : [...grants, 'client_credentials', exchangeGrant];
  await store.system('the scene of a test', async (tx) => {
    await tx.sql`insert into clients (tenant_id, id, app_id, name, environment, authentication, grant_types, redirect_uris,
      post_logout_redirect_uris, backchannel_logout_uri, jwks, tls_subject, dpop_bound, certificate_bound,
      id_token_signed_response_alg, pkce, require_pushed_authorization_requests, secret_hash, created_at, updated_at)
      values (${developer}, ${id}, ${app}, 'client', 'test', ${authentication},
        ${all}, ${[given.redirectUri ?? callback]}, ${[given.postLogoutRedirectUri ?? afterLogout]}, ${given.backchannelLogoutUri ?? null},
        ${jwks === undefined ? null : JSON.stringify(jwks)}::text::jsonb, ${given.tlsSubject ?? null}, ${dpopBound},
        ${certificateBound}, ${given.idTokenAlgorithm ?? 'ES256'}, ${given.pkce ?? 'required'}, ${given.pushedOnly ?? false},
        ${authentication.startsWith('client_secret_') ? sha256(secret) : null}, ${now}, ${now})`;
    publish(tx, [present({ kind: 'client', key: id, tenant: idFromUuid('tenant', developer), app })]);
  });
  return { id, secret };
}
