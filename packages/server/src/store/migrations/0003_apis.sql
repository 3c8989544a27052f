-- What providers publish, what developers register, what the gateways are told, and what they report.
-- Tenant tables carry tenant_id first in every key. Reference tables carry no tenant_id; those of them that a tenant's
-- transaction writes have a column "tenant" and a policy that lets it write its own rows only. Columns that begin with
-- secret_ never leave the database.

create table apis (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  slug text collate "C" not null,
  name text not null,
  description text,
  visibility text not null check (visibility in ('public', 'private')),
  hosts text[] not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  unique (tenant_id, slug)
);

create table versions (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  api_id text collate "C" not null,
  name text not null,
  state text not null check (state in ('draft', 'live', 'deprecated', 'retired')),
  access text not null check (access in ('open', 'key', 'token', 'any')),
  upstreams jsonb not null,
  timeout_ms integer not null,
  request_bytes_max bigint not null,
  deprecated_at timestamptz(3),
  sunset_at timestamptz(3),
  operation_count integer not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  unique (tenant_id, api_id, name),
  foreign key (tenant_id, api_id) references apis (tenant_id, id) on delete cascade
);

-- Apart from versions, so that reading and listing those never touches megabytes. json, not jsonb: the author's order
-- of paths and fields is kept.
create table version_documents (
  tenant_id uuid not null references tenants (tenant_id),
  version_id text collate "C" not null,
  document json not null,
  operations jsonb not null,
  primary key (tenant_id, version_id),
  foreign key (tenant_id, version_id) references versions (tenant_id, id) on delete cascade
);

create table plans (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  api_id text collate "C" not null,
  slug text collate "C" not null,
  name text not null,
  limits jsonb not null,
  concurrency integer,
  approval text not null check (approval in ('auto', 'manual')),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  unique (tenant_id, api_id, slug),
  foreign key (tenant_id, api_id) references apis (tenant_id, id) on delete cascade
);

create table apps (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  slug text collate "C" not null,
  name text not null,
  state text not null check (state in ('active', 'suspended')),
  redirect_uris text[] not null,
  scopes text[] not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  unique (tenant_id, slug)
);

create table keys (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  app_id text collate "C" not null,
  environment text not null check (environment in ('test', 'live')),
  name text,
  credential_id text collate "C" not null,
  secret_hash text not null,
  expires_at timestamptz(3),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  unique (tenant_id, credential_id),
  foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade
);
create index keys_of_app on keys (tenant_id, app_id, id);

-- One subscription is two rows with the same id, one in the developer's tenant and one in the provider's, so that each
-- side reads its own tenant only. They are written together by control/subscriptions/crossing.ts. The slugs of the other
-- side are copied: slugs never change.
create table subscriptions (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  app_id text collate "C" not null,
  app_slug text collate "C" not null,
  provider uuid not null,
  provider_slug text collate "C" not null,
  api_id text collate "C" not null,
  api_slug text collate "C" not null,
  plan_id text collate "C" not null,
  plan_slug text collate "C" not null,
  state text not null check (state in ('pending', 'active', 'rejected', 'suspended', 'ended')),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade
);
create unique index subscriptions_once on subscriptions (tenant_id, app_id, api_id)
  where state in ('pending', 'active', 'suspended');

create table subscribers (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  developer uuid not null,
  developer_slug text collate "C" not null,
  app_id text collate "C" not null,
  app_slug text collate "C" not null,
  api_id text collate "C" not null,
  api_slug text collate "C" not null,
  plan_id text collate "C" not null,
  plan_slug text collate "C" not null,
  state text not null check (state in ('pending', 'active', 'rejected', 'suspended', 'ended')),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, api_id) references apis (tenant_id, id) on delete cascade
);
create index subscribers_of_api on subscribers (tenant_id, api_id, state);

-- Calls added up by the minute. "side" says whether this tenant provided the API, called it, or both; '' stands for what
-- was not there (no app, no operation matched), because a key column can't be null.
create table usage_minute (
  tenant_id uuid not null references tenants (tenant_id),
  minute timestamptz(3) not null,
  side text not null check (side in ('provider', 'developer', 'both')),
  api text collate "C" not null,
  version text collate "C" not null,
  operation text collate "C" not null,
  app text collate "C" not null,
  key text collate "C" not null,
  status smallint not null,
  requests bigint not null,
  request_bytes bigint not null,
  response_bytes bigint not null,
  duration_us bigint not null,
  primary key (tenant_id, minute, side, api, version, operation, app, key, status)
);

-- Reference tables.

-- Host names are unique on the whole platform, whoever claims them.
create table api_hosts (
  host text collate "C" primary key,
  tenant uuid not null,
  api_id text collate "C" not null
);
create index api_hosts_of_api on api_hosts (tenant, api_id);

-- What developers find, kept on every write of an API, version or plan, so that nobody's catalog scans tenants.
create table catalog (
  tenant uuid not null,
  api_id text collate "C" not null,
  tenant_slug text collate "C" not null,
  api_slug text collate "C" not null,
  name text not null,
  description text,
  visibility text not null,
  versions jsonb not null,
  plans jsonb not null,
  -- Whether the provider is neither suspended nor leaving, and whether there is a version that can be called.
  provider_active boolean not null,
  published boolean not null,
  -- What a search looks through, in lower case.
  words text not null,
  updated_at timestamptz(3) not null,
  primary key (api_id),
  unique (tenant_slug, api_slug)
);
create index catalog_of_tenant on catalog (tenant);

-- One row: the number of the last commit that changed the snapshot. "epoch" is new after a restored backup. Tombstones up
-- to "floor" have been pruned: who knows no more than what came before must read all.
create table snapshot_head (
  one boolean primary key default true check (one),
  epoch uuid not null,
  seq bigint not null,
  floor bigint not null default 0
);
insert into snapshot_head (epoch, seq) values (gen_random_uuid(), 0);

-- "object" is null where it is gone: a tombstone that tells the gateways to drop it.
create table snapshot_objects (
  kind text collate "C" not null,
  key text collate "C" not null,
  tenant uuid not null,
  seq bigint not null,
  object jsonb,
  primary key (kind, key)
);
create index snapshot_objects_by_seq on snapshot_objects (seq, kind, key);
create index snapshot_objects_of_tenant on snapshot_objects (tenant);

create table gateways (
  id text collate "C" primary key,
  public_jwk jsonb not null,
  thumbprint text not null,
  seen_at timestamptz(3) not null
);

-- Which segments of the gateways' spools were taken. "dropped" counts calls of tenants that no longer exist.
create table usage_segments (
  segment text collate "C" primary key,
  gateway text collate "C" not null,
  rows integer not null,
  requests bigint not null,
  dropped bigint not null,
  taken_at timestamptz(3) not null
);

do $$
declare
  tenant_table text;
  written_table text;
  system_table text;
begin
  foreach tenant_table in array array['apis', 'versions', 'version_documents', 'plans', 'apps', 'keys', 'subscriptions',
                                      'subscribers', 'usage_minute'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy tenant_isolation on %I to tulou_tenant using (tenant_id = current_setting(''app.tenant'')::uuid)
                    with check (tenant_id = current_setting(''app.tenant'')::uuid)', tenant_table);
    execute format('create policy system_all on %I to tulou_system using (true) with check (true)', tenant_table);
    execute format('grant select, insert, update, delete on %I to tulou_tenant, tulou_system', tenant_table);
  end loop;

  -- A tenant's transaction publishes and claims for its own tenant, by the same predicate that guards its rows.
  foreach written_table in array array['api_hosts', 'snapshot_objects', 'catalog'] loop
    execute format('alter table %I enable row level security', written_table);
    execute format('alter table %I force row level security', written_table);
    execute format('create policy own_rows on %I to tulou_tenant using (tenant = current_setting(''app.tenant'')::uuid)
                    with check (tenant = current_setting(''app.tenant'')::uuid)', written_table);
    execute format('create policy system_all on %I to tulou_system using (true) with check (true)', written_table);
    execute format('grant select, insert, update, delete on %I to tulou_tenant, tulou_system', written_table);
  end loop;
  -- The catalog is there to be read by every tenant.
  create policy public_rows on catalog for select to tulou_tenant using (visibility = 'public');

  foreach system_table in array array['gateways', 'usage_segments'] loop
    execute format('grant select, insert, update, delete on %I to tulou_system', system_table);
  end loop;
  grant select, update (seq) on snapshot_head to tulou_tenant;
  grant select, update on snapshot_head to tulou_system;
end $$;
