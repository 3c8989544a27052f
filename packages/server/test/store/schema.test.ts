import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPool, type Pool, type Sql } from '../../src/store/pool.ts';
import { openTestDatabase, type TestDatabase } from '../harness.ts';
import { schemaViolations } from './schema.ts';

let database: TestDatabase;
let owner: Pool;
let session: Sql;

before(async () => {
  database = await openTestDatabase();
  owner = openPool({ url: database.superuserUrl, connectionsMax: 1 });
  session = await owner.reserve();
});

after(async () => {
  session.release();
  await owner.end();
  await database.close();
});

/** The findings of the rules about the schema with this addition, which is undone afterwards. */
async function violationsWith(statements: string): Promise<readonly string[]> {
  await session.unsafe('begin');
  try {
    await session.unsafe(statements);
    return await schemaViolations(session);
  } finally {
    await session.unsafe('rollback');
  }
}

test('the schema keeps every rule', async () => {
  assert.deepEqual(await schemaViolations(session), []);
});

/** A table that keeps every rule; each of the cases below breaks one. */
const good = (name: string): string => `
  create table ${name} (tenant_id uuid not null, id text not null, label text, tags jsonb, primary key (tenant_id, id));
  alter table ${name} enable row level security;
  alter table ${name} force row level security;
  create policy tenant_isolation on ${name} to tulou_tenant
    using (tenant_id = current_setting('app.tenant')::uuid) with check (tenant_id = current_setting('app.tenant')::uuid);
  create policy system_all on ${name} to tulou_system using (true) with check (true);
  grant select, insert on ${name} to tulou_tenant, tulou_system;`;

test('a table that keeps the rules is not accused', async () => {
  assert.deepEqual(await violationsWith(good('planted')), []);
});

const breaches: Readonly<Record<string, readonly [statements: string, expected: RegExp]>> = {
  'forgotten row-level security': ['alter table planted disable row level security', /planted: .*not enabled/],
  'row-level security that the owner passes': [
    'alter table planted no force row level security',
    /planted: .*not forced/,
  ],
  'a table without tenant that no list names': ['create table stray (id text primary key)', /stray: no tenant_id/],
  'a tenant that may be missing': [
    'alter table planted drop constraint planted_pkey; alter table planted alter tenant_id drop not null',
    /planted: tenant_id is not uuid not null/,
  ],
  'a tenant that is a text': [
    'drop policy tenant_isolation on planted; alter table planted alter tenant_id type text',
    /planted: tenant_id is not uuid not null/,
  ],
  'no primary key': ['alter table planted drop constraint planted_pkey', /planted: no primary key/],
  'a primary key that begins with something else': [
    'alter table planted drop constraint planted_pkey, add primary key (id, tenant_id)',
    /planted: the unique key planted_pkey/,
  ],
  'a unique key without tenant': [
    'alter table planted add unique (label)',
    /planted: the unique key planted_label_key/,
  ],
  'a unique index without tenant': [
    'create unique index across on planted (lower(label))',
    /planted: the unique key across/,
  ],
  'a foreign key without tenant': [
    'alter table planted add foreign key (id, tenant_id) references planted (id, tenant_id)',
    /planted: the foreign key/,
  ],
  'a foreign key to another tenant': [
    `alter table planted add unique (tenant_id, label), add owner_id uuid,
       add foreign key (owner_id, label) references planted (tenant_id, label)`,
    /planted: the foreign key/,
  ],
  'a policy that lets more in': ['create policy more on planted to tulou_tenant using (true)', /planted: its policies/],
  'a policy for everyone': ['alter policy system_all on planted to public', /planted: its policies/],
  'a policy that checks no write': [
    'drop policy tenant_isolation on planted; create policy tenant_isolation on planted to tulou_tenant using (true)',
    /planted: its policies/,
  ],
  'a missing policy': ['drop policy tenant_isolation on planted', /planted: its policies/],
  'a trigger': [
    `create function noop() returns trigger language plpgsql as 'begin return new; end';
     create trigger sneaky before insert on planted for each row execute function noop()`,
    /planted: has the trigger sneaky/,
  ],
  'an exclusion constraint': [
    'alter table planted add period int4range, add constraint apart exclude using gist (period with &&)',
    /planted: has the exclusion constraint apart/,
  ],
  'a deferrable constraint': [
    'alter table planted add constraint later unique (tenant_id, label) deferrable',
    /planted: has the deferrable constraint later/,
  ],
  'a multicolumn GIN index': [
    'alter table planted add more jsonb; create index wide on planted using gin (tags, more)',
    /planted: has the multicolumn GIN index wide/,
  ],
  'a serial column': ['alter table planted add n serial', /planted_n_seq: is a sequence/],
  'an identity column': [
    'alter table planted add n bigint generated always as identity',
    /planted_n_seq: is a sequence/,
  ],
  'a materialized view': ['create materialized view heap as select * from planted', /heap: is a materialized view/],
  'a view that reads as its owner': ['create view peek as select * from planted', /peek: is a view without/],
  'a function that runs as its owner': [
    `create function climb() returns int language sql security definer as 'select 1'`,
    /climb: is a function that runs as its owner/,
  ],
  'a rule': ['create rule quiet as on delete to planted do instead nothing', /planted: has the rule quiet/],
  'credentials of the platform that tenants can read': [
    'grant select on platform_tokens to tulou_tenant',
    /platform_tokens: .*SELECT/,
  ],
  'one column of them': ['grant select (secret_hash) on platform_tokens to public', /platform_tokens: .*SELECT/],
  'an audit row that can be changed': [
    'grant update (reason) on audit to tulou_system',
    /audit: tulou_system may change/,
  ],
  'a role that passes row-level security': ['alter role tulou_tenant bypassrls', /tulou_tenant: .*passes/],
  'a role that is in a stronger one': ['grant tulou_system to tulou_tenant', /tulou_tenant: is in another role/],
  'a table of one of the roles': ['alter table planted owner to tulou_system', /planted: belongs to tulou_system/],
};

for (const [name, [statements, expected]] of Object.entries(breaches)) {
  test(`found: ${name}`, async () => {
    const keyed = name === 'a foreign key without tenant' ? 'create unique index u on planted (id, tenant_id);' : '';
    const violations = await violationsWith(`${good('planted')} ${keyed} ${statements};`);
    assert.ok(
      violations.some((violation) => expected.test(violation)),
      violations.join('\n'),
    );
  });
}
