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
