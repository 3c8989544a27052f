-- Who may do what for whom: scopes, OAuth clients, installations, people, and what the identity server keeps.
-- Rows of the platform's own issuer carry the nil tenant.

create table scopes (
  tenant_id uuid not null references tenants (tenant_id),
  api_id text collate "C" not null,
  name text collate "C" not null,
  risk text not null check (risk in ('low', 'medium', 'high')),
  -- Plain words for the consent page: {"en": …, "zh": …}.
  title jsonb not null,
  description jsonb not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, api_id, name),
  foreign key (tenant_id, api_id) references apis (tenant_id, id) on delete cascade
);

-- apps.scopes are those the app cannot do without.
alter table apps add column optional_scopes text[] not null default '{}';

-- An OAuth client of an app. Its id is the client_id.
create table clients (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  app_id text collate "C" not null,
  name text not null,
  environment text not null check (environment in ('test', 'live')),
  authentication text not null check (authentication in ('client_secret_basic', 'private_key_jwt', 'tls_client_auth', 'none')),
  grant_types text[] not null,
  redirect_uris text[] not null,
  jwks jsonb,
  tls_subject text,
  dpop_bound boolean not null,
  secret_hash text,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade
);
create index clients_of_app on clients (tenant_id, app_id, id);

-- One installation is two rows with the same id, as a subscription is: `installations` in the tenant that grants,
-- `installed` in the tenant whose app it is. Slugs of the other side are copied: slugs never change.
create table installations (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  developer uuid not null,
  developer_slug text collate "C" not null,
  app_id text collate "C" not null,
  app_slug text collate "C" not null,
  app_name text not null,
  scopes text[] not null,
  state text not null check (state in ('active', 'paused', 'revoked')),
  granted_by text collate "C" not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id)
);
create unique index installations_once on installations (tenant_id, app_id) where state <> 'revoked';

create table installed (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  app_id text collate "C" not null,
  app_slug text collate "C" not null,
  installer uuid not null,
  installer_slug text collate "C" not null,
  scopes text[] not null,
  state text not null check (state in ('active', 'paused', 'revoked')),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, app_id) references apps (tenant_id, id) on delete cascade
);
create index installed_of_app on installed (tenant_id, app_id, state);

-- A member is invited by e-mail, and bound to a person when that person accepts.
alter table members add column user_id text collate "C";
create table invitations (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  member text collate "C" not null,
  secret_hash text not null,
  expires_at timestamptz(3) not null,
  accepted_at timestamptz(3),
  created_at timestamptz(3) not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, member) references members (tenant_id, id) on delete cascade
);

-- What an identity server keeps for a while: codes, tokens, sessions, grants, used proofs. Identifiers are kept as
-- SHA-256 only. Consumption is by compare-and-set, replays are refused by the primary key.
create table identity_artifacts (
  tenant_id uuid not null,
  kind text collate "C" not null,
  id_hash text collate "C" not null,
  grant_hash text collate "C",
  uid_hash text collate "C",
  user_code_hash text collate "C",
  account text collate "C",
  client text collate "C",
  secret_payload jsonb not null,
  expires_at timestamptz(3) not null,
  consumed_at timestamptz(3),
  primary key (tenant_id, kind, id_hash)
);
create index identity_artifacts_grant on identity_artifacts (tenant_id, grant_hash) where grant_hash is not null;
create index identity_artifacts_uid on identity_artifacts (tenant_id, kind, uid_hash) where uid_hash is not null;
create index identity_artifacts_user_code on identity_artifacts (tenant_id, kind, user_code_hash) where user_code_hash is not null;
create index identity_artifacts_account on identity_artifacts (tenant_id, account) where account is not null;
create index identity_artifacts_expiry on identity_artifacts (expires_at);

-- An issuer's signing keys. secret_jwk is sealed with the installation's master key.
create table signing_keys (
  tenant_id uuid not null,
  kid text collate "C" not null,
  algorithm text not null,
  state text not null check (state in ('next', 'current', 'previous', 'removed')),
  public_jwk jsonb not null,
  secret_jwk bytea not null,
  created_at timestamptz(3) not null,
  changed_at timestamptz(3) not null,
  primary key (tenant_id, kid)
);
create unique index signing_keys_current on signing_keys (tenant_id) where state = 'current';

-- People. They belong to the platform: one person may be a member of several tenants.
create table users (
  id text collate "C" primary key,
  email text collate "C" not null unique,
  name text not null,
  locale text not null check (locale in ('en', 'zh-CN')),
  secret_password text,
  verified_at timestamptz(3),
  disabled_at timestamptz(3),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null
);

-- Wrong passwords and codes by what they were tried on; slows guessing down, whoever asks.
create table sign_in_attempts (
  subject text collate "C" primary key,
  failures integer not null,
  blocked_until timestamptz(3) not null,
  updated_at timestamptz(3) not null
);

create table mails (
  id text collate "C" primary key,
  recipient text not null,
  subject text not null,
  secret_body text not null,
  created_at timestamptz(3) not null,
  sent_at timestamptz(3),
  attempts integer not null default 0,
  next_at timestamptz(3) not null
);

do $$
declare
  tenant_table text;
  system_table text;
begin
  foreach tenant_table in array array['scopes', 'clients', 'installations', 'installed', 'invitations', 'identity_artifacts',
                                      'signing_keys'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy tenant_isolation on %I to tulou_tenant using (tenant_id = current_setting(''app.tenant'')::uuid)
                    with check (tenant_id = current_setting(''app.tenant'')::uuid)', tenant_table);
    execute format('create policy system_all on %I to tulou_system using (true) with check (true)', tenant_table);
    execute format('grant select, insert, update, delete on %I to tulou_system', tenant_table);
  end loop;
  foreach tenant_table in array array['scopes', 'clients', 'installations', 'installed', 'invitations'] loop
    execute format('grant select, insert, update, delete on %I to tulou_tenant', tenant_table);
  end loop;
  foreach system_table in array array['users', 'sign_in_attempts', 'mails'] loop
    execute format('grant select, insert, update, delete on %I to tulou_system', system_table);
  end loop;
end $$;
