-- What tenants are told of, what members ask their admins for, and what installations are used for.

-- Webhooks tell the same rows. `data` is the object as its reader sees it.
create table events (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  type text collate "C" not null,
  target text collate "C" not null,
  data jsonb not null,
  at timestamptz(3) not null,
  primary key (tenant_id, id)
);
create index events_target on events (tenant_id, target, id);
create index events_at on events (at);

-- An approval that is `approved` lets its member's tokens carry the scopes, whatever the member's role.
create table approvals (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  member text collate "C" not null,
  developer uuid not null,
  app_id text collate "C" not null,
  app text collate "C" not null,
  app_name text not null,
  scopes text[] not null,
  state text not null check (state in ('open', 'approved', 'rejected')),
  decided_by text collate "C",
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, member) references members (tenant_id, id) on delete cascade
);
create unique index approvals_open on approvals (tenant_id, member, app_id) where state = 'open';
create index approvals_of_app on approvals (tenant_id, app_id, member);

-- Whether members who are no admins may install apps that need scopes of low risk only.
alter table tenants add column members_may_try boolean not null default false;
-- Such an installation: it gives people's tokens of low risk and no token of the app's own, until an admin has decided.
alter table installations add column trial boolean not null default false;
alter table installed add column trial boolean not null default false;

-- Calls with tokens of an installation, added up by the day; `tenant_id` is the tenant that has installed the app.
create table installation_usage (
  tenant_id uuid not null references tenants (tenant_id),
  installation text collate "C" not null,
  day date not null,
  requests bigint not null,
  last_at timestamptz(3) not null,
  primary key (tenant_id, installation, day)
);
create index installation_usage_day on installation_usage (day);

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['events', 'approvals', 'installation_usage'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy tenant_isolation on %I to tulou_tenant using (tenant_id = current_setting(''app.tenant'')::uuid)
                    with check (tenant_id = current_setting(''app.tenant'')::uuid)', tenant_table);
    execute format('create policy system_all on %I to tulou_system using (true) with check (true)', tenant_table);
    execute format('grant select, insert, update, delete on %I to tulou_system', tenant_table);
  end loop;
  grant select, insert on events to tulou_tenant;
  grant select, insert, update, delete on approvals to tulou_tenant;
  grant select on installation_usage to tulou_tenant;
end $$;
