/** Tenants with their own issuers beside the platform's, in one process, with as many equal values as an attacker could want. */
import { idFromUuid } from '@tulou/contract';
import { originOf } from '../../src/http/origin.ts';
import { ensureKeys, type IssuerRef } from '../../src/identity/keys/keys.ts';
import { readSecretKeys } from '../../src/identity/keys/rows.ts';
import { openVault } from '../../src/kernel/seal.ts';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { sha256 } from '../../src/kernel/hash.ts';
import { newId, systemRandom as random, uuidV7 } from '../../src/kernel/random.ts';
import { callback, deviceGrant, masterKey, type TestClient, type World } from './world.ts';
import { nilTenant } from '../../src/tenancy/nil-tenant.ts';
import { ofIssuer } from '../../src/identity/scopes.ts';

export const vault = openVault(masterKey, random);

export interface TenantIssuer extends IssuerRef {
  /** `ten_…` */
  readonly id: string;
  /** Its app's, and the app's installation at the tenant itself. */
  readonly app: string;
  readonly installation: string;
}

export const platformOf = ({ issuer }: World): IssuerRef => ({ issuer, tenantUuid: nilTenant });

/** A tenant with an issuer at `<slug>.<domain>`, and an app that it has made and installed itself. */
export async function openTenantIssuer(world: World, slug: string, domain = 'test'): Promise<TenantIssuer> {
  const [tenantUuid, now, host] = [uuidV7(clock, random), new Date(), `${slug}.${domain}`];
  const issuer = originOf(host, world.issuer);
  const [app, installation] = [newId('app', clock, random), newId('installation', clock, random)];
  const wanted = [`${slug}/own:read`];
  await world.store.system('the scene of a test', async ({ sql }) => {
    await sql`insert into tenants (tenant_id, slug, name, created_at, updated_at)
      values (${tenantUuid}, ${slug}, ${slug}, ${now}, ${now})`;
    await sql`insert into issuers (tenant_id, host, name, sign_up, state, created_at, updated_at)
      values (${tenantUuid}, ${host}, ${slug}, 'invited', 'active', ${now}, ${now})`;
    await sql`insert into apps (tenant_id, id, slug, name, state, redirect_uris, scopes, optional_scopes, created_at, updated_at)
      values (${tenantUuid}, ${app}, 'own', 'Own', 'active', '{}', ${wanted}, '{}', ${now}, ${now})`;
    await sql`insert into installations (tenant_id, id, developer, developer_slug, app_id, app_slug, app_name, scopes, state,
      granted_by, created_at, updated_at) values (${tenantUuid}, ${installation}, ${tenantUuid}, ${slug}, ${app}, 'own', 'Own',
      ${wanted}, 'active', 'mem_x', ${now}, ${now})`;
  });
  await ensureKeys({ issuer, tenantUuid }, { store: world.store, clock, vault });
  return { issuer, tenantUuid, id: idFromUuid('tenant', tenantUuid), app, installation };
}

/** The same person, by id and address, at each of these issuers. */
export async function insertTwins({ store }: World, issuers: readonly IssuerRef[], email: string): Promise<string> {
  const [id, now] = [newId('user', clock, random), new Date()];
  await store.system('the scene of a test', async ({ sql }) => {
    for (const { tenantUuid } of issuers)
      await sql`insert into users (tenant_id, id, email, name, locale, verified_at, created_at, updated_at)
        values (${tenantUuid}, ${id}, ${email}, 'Twin', 'en', ${now}, ${now}, ${now})`;
  });
  return id;
}

/** One `client_id`, with one secret, that an app of each of these tenants has. */
export async function insertTwinClients({ store }: World, owners: readonly TenantIssuer[]): Promise<TestClient> {
  const [id, secret] = [newId('client', clock, random), Buffer.from(random.bytes(32)).toString('base64url')];
  const [grants, now] = [['authorization_code', 'refresh_token', 'client_credentials', deviceGrant], new Date()];
  await store.system('the scene of a test', async ({ sql }) => {
    for (const { tenantUuid, app } of owners)
      await sql`insert into clients (tenant_id, id, app_id, name, environment, authentication, grant_types, redirect_uris,
        dpop_bound, secret_hash, created_at, updated_at) values (${tenantUuid}, ${id}, ${app}, 'twin', 'test',
        'client_secret_basic', ${grants}, ${[callback]}, false, ${sha256(secret)}, ${now}, ${now})`;
  });
  return { id, secret };
}

/**
 * From now on the `client_id` belongs to this tenant in the directory. Publishing would not do that: a client stays with its
 * tenant.
 */
export function giveClient({ store }: World, client: string, { tenantUuid, id, app }: TenantIssuer): Promise<void> {
  const object = JSON.stringify({ kind: 'client', key: client, tenant: id, app });
  return store.system('the scene of a test', async ({ sql }) => {
    await sql`insert into snapshot_objects (kind, key, tenant, seq, object)
      values ('client', ${client}, ${tenantUuid}, 1, ${object}::text::jsonb)
      on conflict (kind, key) do update set tenant = excluded.tenant, object = excluded.object`;
  });
}

/** Gives the key that signs at `to` the `kid` of the one that signs at `from`, published and sealed as if it were its own. */
export async function shareKid({ store }: World, from: IssuerRef, to: IssuerRef): Promise<string> {
  const [theirs] = await ofIssuer(store, from, (tx) => readSecretKeys(tx, from.tenantUuid, vault));
  const kid = await ofIssuer(store, to, async (tx) => {
    const [own] = await readSecretKeys(tx, to.tenantUuid, vault);
    if (theirs === undefined || own === undefined) throw new Error('an issuer has no key');
    const publicJwk = { ...own.publicJwk, kid: theirs.kid };
    const secret = JSON.stringify({ ...own.secretJwk, kid: theirs.kid });
    const sealed = vault.seal(secret, `signing key ${to.tenantUuid} ${theirs.kid}`);
    await tx.sql`update signing_keys set kid = ${theirs.kid}, secret_jwk = ${sealed},
      public_jwk = ${JSON.stringify(publicJwk)}::text::jsonb where tenant_id = ${to.tenantUuid} and kid = ${own.kid}`;
    return theirs.kid;
  });
  await ensureKeys(to, { store, clock, vault });
  return kid;
}
