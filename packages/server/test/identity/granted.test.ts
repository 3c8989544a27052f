/** The rights of members beyond their role, and of apps on trial, as tokens show them; with openid-client, unmodified. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { decodeJwt } from 'jose';
import * as client from 'openid-client';
import { systemClock as clock } from '../../src/kernel/clock.ts';
import { newId, systemRandom as random } from '../../src/kernel/random.ts';
import { configure, refused, signIn } from './sign-in.ts';
import { startWorld, type World } from './world.ts';

const [read, refund] = ['acme/orders:read', 'acme/orders:refund'];
let world: World;
let config: client.Configuration;
let resource: string;
before(async () => {
  world = await startWorld();
  const app = await world.makeClient();
  config = await configure(world.issuer, app, client.ClientSecretBasic(app.secret));
  resource = `urn:tulou:tenant:${world.tenant.id}`;
});
after(() => world.stop());

type Tx = Parameters<Parameters<World['store']['system']>[1]>[0];
const run = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => world.store.system('test', work);
const scopesOf = (token: string): unknown => decodeJwt(token)['scope'];

/** During the work, the viewer is allowed these scopes in the app of this world, or in another one. */
async function allowed(
  scopes: string[],
  app: string,
  state: string,
  work: (id: string) => Promise<void>,
): Promise<void> {
  const [id, now] = [newId('approval', clock, random), new Date(clock.now())];
  await run(
    ({ sql }) => sql`
      insert into approvals (tenant_id, id, member, developer, app_id, app, app_name, scopes, state, created_at, updated_at)
      select m.tenant_id, ${id}, m.id, ${world.developer}, ${app}, 'maker/till', 'Till', ${scopes}, ${state}, ${now}, ${now}
      from members m where m.tenant_id = ${world.tenant.uuid} and m.user_id = ${world.viewer}`,
  );
  await work(id);
  await run(({ sql }) => sql`delete from approvals where id = ${id}`);
}

test('what an admin has allowed a member is in their tokens, and in none after it was taken back', () =>
  world.actAs(world.viewer, () =>
    allowed([refund], world.app, 'approved', async (id) => {
      const tokens = await signIn({ config, resource });
      assert.equal(scopesOf(tokens.access_token), `${read} ${refund}`);
      await run(({ sql }) => sql`delete from approvals where id = ${id}`);
      const next = await client.refreshTokenGrant(config, tokens.refresh_token ?? '', { resource });
      assert.equal(scopesOf(next.access_token), read);
    }),
  ));

test('what is only asked for, was not allowed, or is of another app, counts for nothing', async () => {
  const other = await world.makeApp('other');
  for (const [app, state] of [
    [world.app, 'open'],
    [world.app, 'rejected'],
    [other, 'approved'],
  ] as const)
    await world.actAs(world.viewer, () =>
      allowed([refund], app, state, async () => {
        assert.equal(scopesOf((await signIn({ config, resource })).access_token), read);
      }),
    );
});

test('nobody is allowed what the tenant has not granted the app', () =>
  world.actAs(world.viewer, () =>
    allowed(['acme/orders:export', refund], world.app, 'approved', async () => {
      assert.equal(scopesOf((await signIn({ config, resource })).access_token), `${read} ${refund}`);
    }),
  ));

test('an app on trial acts for people with what is of low risk, also for the owner, and never by itself', async () => {
  const set = (trial: boolean) =>
    run(({ sql }) => sql`update installations set trial = ${trial} where id = ${world.installation}`);
  await set(true);
  assert.equal(scopesOf((await signIn({ config, resource })).access_token), read);
  await assert.rejects(client.clientCredentialsGrant(config, { resource }), refused('invalid_target'));
  await set(false);
  assert.equal(scopesOf((await signIn({ config, resource })).access_token), `${read} ${refund}`);
});
