-- People belong to an issuer: the platform's (the nil tenant), or a tenant's own. members.user_id always means a person of the
-- platform's issuer.
alter table users add column tenant_id uuid not null default '00000000-0000-0000-0000-000000000000';
alter table users alter column tenant_id drop default;
alter table users drop constraint users_pkey, add primary key (tenant_id, id);
alter table users drop constraint users_email_key, add constraint users_email_key unique (tenant_id, email);
alter table users enable row level security;
alter table users force row level security;
create policy tenant_isolation on users to tulou_tenant using (tenant_id = current_setting('app.tenant')::uuid)
  with check (tenant_id = current_setting('app.tenant')::uuid);
create policy system_all on users to tulou_system using (true) with check (true);
grant select, insert, update, delete on users to tulou_tenant;

-- An issuer of a tenant's own, on its own host name. Its keys, people and artifacts are the rows of the same tenant_id.
create table issuers (
  tenant_id uuid not null references tenants (tenant_id),
  host text collate "C" not null,
  name text not null,
  accent text,
  sign_up text not null check (sign_up in ('open', 'invited')),
  state text not null check (state in ('active', 'paused')),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id)
);
alter table issuers enable row level security;
alter table issuers force row level security;
create policy tenant_isolation on issuers to tulou_tenant using (tenant_id = current_setting('app.tenant')::uuid)
  with check (tenant_id = current_setting('app.tenant')::uuid);
create policy system_all on issuers to tulou_system using (true) with check (true);
grant select, insert, update, delete on issuers to tulou_tenant, tulou_system;

-- One name leads to one thing on the whole platform: to an API, or (without api_id) to the issuer of its tenant.
alter table api_hosts rename to hosts;
alter table hosts alter column api_id drop not null;
