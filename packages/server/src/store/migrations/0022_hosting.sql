-- Services that tenants deploy: what should run, and what hosts report of it.

create table artifacts (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  digest text collate "C" not null,
  size_bytes bigint not null,
  received_bytes bigint not null,
  state text not null check (state in ('receiving', 'complete')),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  unique (tenant_id, digest)
);
-- The sweep asks which contents anybody needs, and which uploads have stopped.
create index artifacts_by_digest on artifacts (digest);
create index artifacts_receiving on artifacts (updated_at) where state = 'receiving';

create table services (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  slug text collate "C" not null,
  name text not null,
  isolation text not null check (isolation in ('process', 'container', 'gvisor', 'microvm')),
  -- The number of the last revision.
  revisions integer not null default 0,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  unique (tenant_id, slug)
);
-- Hosts report by the id alone.
create index services_by_id on services (id);

create table revisions (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  service_id text collate "C" not null,
  number integer not null,
  kind text not null check (kind in ('worker', 'node')),
  artifact_id text collate "C" not null,
  entry text not null,
  variables jsonb not null,
  limits jsonb not null,
  instances jsonb not null,
  created_at timestamptz(3) not null,
  primary key (tenant_id, id),
  unique (tenant_id, service_id, number),
  foreign key (tenant_id, service_id) references services (tenant_id, id) on delete cascade,
  foreign key (tenant_id, artifact_id) references artifacts (tenant_id, id)
);
create index revisions_by_artifact on revisions (tenant_id, artifact_id);

-- The newest of a service and environment is in force, unless it was deleted.
create table releases (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  service_id text collate "C" not null,
  environment text not null check (environment in ('test', 'live')),
  -- [{"revision": "rev_…", "weight": 100}]
  weights jsonb not null,
  current boolean not null,
  created_at timestamptz(3) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, service_id) references services (tenant_id, id) on delete cascade
);
create unique index releases_current on releases (tenant_id, service_id, environment) where current;
create index releases_in_order on releases (tenant_id, service_id, id);

-- As the host that has them reported last.
create table instances (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  service_id text collate "C" not null,
  environment text not null,
  revision_id text collate "C" not null,
  host_id text collate "C" not null,
  state text not null,
  detail text,
  isolation text not null,
  restarts bigint not null,
  started_at timestamptz(3) not null,
  seen_at timestamptz(3) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, service_id) references services (tenant_id, id) on delete cascade
);
create index instances_of_host on instances (host_id);

-- Sums of what hosts report, by minute. Not bound to services: what was used stays when a service is gone.
create table service_usage (
  tenant_id uuid not null references tenants (tenant_id),
  minute timestamptz(0) not null,
  service_id text collate "C" not null,
  environment text not null,
  revision_id text collate "C" not null,
  requests bigint not null,
  errors bigint not null,
  cpu_ms bigint not null,
  memory_mb_ms bigint not null,
  egress_bytes bigint not null,
  cold_starts bigint not null,
  primary key (tenant_id, minute, service_id, environment, revision_id)
);

-- Lines that instances have written, in the order in which control took them.
create table service_logs (
  tenant_id uuid not null references tenants (tenant_id),
  batch bigint not null,
  n integer not null,
  service_id text collate "C" not null,
  environment text not null,
  revision_id text collate "C" not null,
  instance_id text collate "C" not null,
  at timestamptz(3) not null,
  stream text not null,
  text text not null,
  primary key (tenant_id, service_id, batch, n),
  foreign key (tenant_id, service_id) references services (tenant_id, id) on delete cascade
);
create index service_logs_at on service_logs (at);

-- One row: the number of the last batch of lines. Its lock is held from drawing a number to the commit, so that numbers become
-- visible in their order, and a reader who goes on from the last one misses none.
create table service_log_head (
  one boolean primary key default true check (one),
  seq bigint not null
);
insert into service_log_head (seq) values (0);

-- Hosts, and the number of the last report of each that was taken.
create table hosting_hosts (
  id text collate "C" primary key,
  seq bigint not null,
  seen_at timestamptz(3) not null
);

-- One row: rises with every change of what should run. It wakes hosts; what they are told is read anew.
create table hosting_head (
  one boolean primary key default true check (one),
  seq bigint not null
);
insert into hosting_head (seq) values (0);

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['artifacts', 'services', 'revisions', 'releases', 'instances', 'service_usage',
                                    'service_logs'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy tenant_isolation on %I to tulou_tenant using (tenant_id = current_setting(''app.tenant'')::uuid)
                    with check (tenant_id = current_setting(''app.tenant'')::uuid)', tenant_table);
    execute format('create policy system_all on %I to tulou_system using (true) with check (true)', tenant_table);
    execute format('grant select on %I to tulou_tenant', tenant_table);
    execute format('grant select, insert, update, delete on %I to tulou_system', tenant_table);
  end loop;
  grant insert, update, delete on artifacts, services, revisions, releases to tulou_tenant;
  grant select, insert, update, delete on hosting_hosts to tulou_system;
  grant select on service_log_head to tulou_tenant;
  grant select, update on service_log_head to tulou_system;
  grant select, update (seq) on hosting_head to tulou_tenant;
  grant select, update on hosting_head to tulou_system;
end $$;
