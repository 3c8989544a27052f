-- The two roles that all work is done as (store.ts sets one in each transaction). Neither can log in, owns a table, or
-- passes row-level security: a tenant's transaction sees its tenant's rows by policy, the platform's sees all by policy.
--
-- A later migration that makes a table of tenants' rows says, for each:
--   alter table t enable row level security;
--   alter table t force row level security;
--   create policy tenant_isolation on t to tulou_tenant
--     using (tenant_id = current_setting('app.tenant')::uuid) with check (tenant_id = current_setting('app.tenant')::uuid);
--   create policy system_all on t to tulou_system using (true) with check (true);
--   grant … on t to tulou_tenant, tulou_system;
-- No right is given by default: a table is closed to both until its migration opens it.
do $$
declare
  name text;
begin
  foreach name in array array['tulou_tenant', 'tulou_system'] loop
    -- Roles belong to the whole server: another database of it may have made them, even just now.
    if not exists (select from pg_roles where rolname = name) then
      begin
        execute format('create role %I nologin noinherit nosuperuser nocreatedb nocreaterole nobypassrls', name);
      exception when duplicate_object or unique_violation then null;
      end;
    end if;
    if exists (select from pg_roles where rolname = name and (rolsuper or rolbypassrls)) then
      raise exception 'the role % exists and passes row-level security', name;
    end if;
    -- Without INHERIT, a statement that runs outside of the two roles sees no tenant's row at all.
    if not pg_has_role(current_user, name, case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end) then
      if current_setting('server_version_num')::int >= 160000 then
        execute format('grant %I to current_user with inherit false, set true', name);
      else
        execute format('grant %I to current_user', name);
      end if;
    end if;
  end loop;
end
$$;

grant usage on schema public to tulou_tenant, tulou_system;
