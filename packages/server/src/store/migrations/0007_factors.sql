-- What shows who a person is besides the password, and where they are signed in.

create table passkeys (
  tenant_id uuid not null,
  id text collate "C" not null,
  user_id text collate "C" not null,
  -- As WebAuthn names it (base64url), and the public key as COSE writes it.
  credential_id text collate "C" not null,
  public_key bytea not null,
  counter bigint not null,
  transports text[] not null,
  name text not null,
  created_at timestamptz(3) not null,
  used_at timestamptz(3),
  primary key (tenant_id, id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create unique index passkeys_credential on passkeys (tenant_id, credential_id);
create index passkeys_of_user on passkeys (tenant_id, user_id, id);

-- secret_seed is sealed with the installation's master key. last_step: no code of this step or an earlier one is taken again.
create table authenticators (
  tenant_id uuid not null,
  user_id text collate "C" not null,
  secret_seed bytea not null,
  last_step bigint not null,
  created_at timestamptz(3) not null,
  primary key (tenant_id, user_id),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

create table recovery_codes (
  tenant_id uuid not null,
  user_id text collate "C" not null,
  secret_hash text collate "C" not null,
  created_at timestamptz(3) not null,
  used_at timestamptz(3),
  primary key (tenant_id, user_id, secret_hash),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);

-- What a person is told about each of their sessions; the session itself is an artifact, found by the same hash.
create table sign_ins (
  tenant_id uuid not null,
  uid_hash text collate "C" not null,
  user_id text collate "C" not null,
  agent text not null,
  address text not null,
  signed_in_at timestamptz(3) not null,
  seen_at timestamptz(3) not null,
  primary key (tenant_id, uid_hash),
  foreign key (tenant_id, user_id) references users (tenant_id, id) on delete cascade
);
create index sign_ins_of_user on sign_ins (tenant_id, user_id);
create index sign_ins_seen on sign_ins (seen_at);

do $$
declare
  tenant_table text;
begin
  foreach tenant_table in array array['passkeys', 'authenticators', 'recovery_codes', 'sign_ins'] loop
    execute format('alter table %I enable row level security', tenant_table);
    execute format('alter table %I force row level security', tenant_table);
    execute format('create policy tenant_isolation on %I to tulou_tenant using (tenant_id = current_setting(''app.tenant'')::uuid)
                    with check (tenant_id = current_setting(''app.tenant'')::uuid)', tenant_table);
    execute format('create policy system_all on %I to tulou_system using (true) with check (true)', tenant_table);
    execute format('grant select, insert, update, delete on %I to tulou_system', tenant_table);
  end loop;
end $$;
