-- How people come and go: mail that is sent, addresses that are shown to be theirs, identity providers of tenants, operators.

-- A mail that no server will take: it is not tried any more.
alter table mails add column dead_at timestamptz(3);
create index mails_due on mails (next_at, id) where sent_at is null and dead_at is null;

-- A mailed link by which somebody shows that an address is theirs: to sign up, to set a password anew, to move an account
-- to it. Good once; its secret is kept as SHA-256 only.
create table address_proofs (
  tenant_id uuid not null,
  id text collate "C" not null,
  purpose text not null check (purpose in ('sign_up', 'reset', 'move')),
  email text collate "C" not null,
  -- Whose account it is about; null: nobody's, or nobody's yet.
  user_id text collate "C",
  secret_hash text not null,
  -- The interaction to go back to.
  interaction text,
  expires_at timestamptz(3) not null,
  created_at timestamptz(3) not null,
  primary key (tenant_id, id)
);
create index address_proofs_expiry on address_proofs (expires_at);

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['address_proofs'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy tenant_isolation on %I to tulou_tenant using (tenant_id = current_setting(''app.tenant'')::uuid)
                    with check (tenant_id = current_setting(''app.tenant'')::uuid)', tenant_table);
    execute format('create policy system_all on %I to tulou_system using (true) with check (true)', tenant_table);
    execute format('grant select, insert, update, delete on %I to tulou_system', tenant_table);
  end loop;
end $$;

-- A tenant's own identity provider (OpenID Connect), by which its members sign in.
create table connections (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  name text not null,
  issuer_url text not null,
  client_id text not null,
  -- Sealed with the installation's master key; null: a client without one.
  secret_client_secret bytea,
  domains text[] not null,
  enforced boolean not null,
  state text not null check (state in ('active', 'paused')),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id)
);

-- Who signs in by a connection is a person of their own, known by what the provider calls them, and a member of that one
-- tenant: what a tenant's provider says is worth nothing elsewhere. Their address is not shown to be theirs, and is not
-- taken from anybody: another person may have the same.
alter table users
  add column tenant uuid,
  add column connection text collate "C",
  add column subject text collate "C",
  add constraint users_managed check (num_nulls(tenant, connection, subject) in (0, 3)),
  add constraint users_managed_password check (connection is null or secret_password is null);
alter table users drop constraint users_email_key;
create unique index users_email on users (tenant_id, email) where connection is null;
create unique index users_subject on users (tenant_id, tenant, connection, subject) where connection is not null;

alter table connections enable row level security;
alter table connections force row level security;
create policy tenant_isolation on connections to tulou_tenant using (tenant_id = current_setting('app.tenant')::uuid)
  with check (tenant_id = current_setting('app.tenant')::uuid);
create policy system_all on connections to tulou_system using (true) with check (true);
grant select, insert, update, delete on connections to tulou_tenant, tulou_system;

-- People of the platform's issuer who run the installation.
create table operators (
  user_id text collate "C" primary key,
  created_by text not null,
  created_at timestamptz(3) not null
);
grant select, insert, update, delete on operators to tulou_system;
