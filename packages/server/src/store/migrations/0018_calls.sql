-- Records of single calls, for people who look one up or follow them. They are a sample under load; usage counts every call.

-- `batch` is the order in which control took them. '' stands for what was not there, as in usage_minute.
create table calls (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  batch bigint not null,
  side text not null check (side in ('provider', 'developer', 'both')),
  at timestamptz(3) not null,
  environment text not null check (environment in ('test', 'live')),
  api text collate "C" not null,
  version text collate "C" not null,
  operation text collate "C" not null,
  app text collate "C" not null,
  key text collate "C" not null,
  method text not null,
  path text not null,
  status smallint not null,
  code text collate "C",
  detail text,
  cause text collate "C",
  address text,
  request_bytes bigint not null,
  response_bytes bigint not null,
  duration_us bigint not null,
  upstream_us bigint,
  primary key (tenant_id, id)
);
create index calls_in_order on calls (tenant_id, batch, id);
create index calls_at on calls (at);

-- How many calls of a tenant were counted but not kept, by the batch that said so.
create table calls_left_out (
  tenant_id uuid not null references tenants (tenant_id),
  batch text collate "C" not null,
  at timestamptz(3) not null,
  calls bigint not null,
  primary key (tenant_id, batch)
);
create index calls_left_out_at on calls_left_out (at);

-- One row: the number of the last batch. Its lock is held from drawing a number to the commit, so that numbers become visible
-- in their order, and a reader who goes on from the last one misses none.
create table call_head (
  one boolean primary key default true check (one),
  seq bigint not null
);
insert into call_head (seq) values (0);
grant select on call_head to tulou_tenant;
grant select, update on call_head to tulou_system;

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['calls', 'calls_left_out'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy tenant_isolation on %I to tulou_tenant using (tenant_id = current_setting(''app.tenant'')::uuid)
                    with check (tenant_id = current_setting(''app.tenant'')::uuid)', tenant_table);
    execute format('create policy system_all on %I to tulou_system using (true) with check (true)', tenant_table);
    execute format('grant select on %I to tulou_tenant', tenant_table);
    execute format('grant select, insert, update, delete on %I to tulou_system', tenant_table);
  end loop;
end $$;
