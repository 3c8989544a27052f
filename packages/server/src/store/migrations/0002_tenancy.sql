-- The directory of tenants. A reference table: slugs are unique over the whole platform. Row-level security lets a tenant
-- see its own row. A purged tenant's row stays as a tombstone for a while, so that its slug leads to nobody else at once.
create table tenants (
  tenant_id uuid primary key,
  slug text collate "C" not null unique,
  name text not null,
  suspended_at timestamptz(3),
  delete_at timestamptz(3),
  purged_at timestamptz(3),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null
);
create index tenants_name on tenants (lower(name) collate "C");
create index tenants_delete_at on tenants (delete_at) where delete_at is not null;

create table members (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  email text not null,
  role text not null check (role in ('viewer', 'developer', 'admin', 'owner')),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  unique (tenant_id, email)
);

-- Columns that begin with secret_ never leave the database: not in an export, not in an audit row.
create table tokens (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  member text collate "C" not null,
  name text not null,
  role text not null check (role in ('viewer', 'developer', 'admin', 'owner')),
  credential_id text collate "C" not null,
  secret_hash text not null,
  expires_at timestamptz(3),
  revoked_at timestamptz(3),
  created_at timestamptz(3) not null,
  primary key (tenant_id, id),
  unique (tenant_id, credential_id),
  foreign key (tenant_id, member) references members (tenant_id, id) on delete cascade
);
create index tokens_member on tokens (tenant_id, member);

-- Answers of writes by Idempotency-Key, sealed with a key that only the caller can derive. Rows of the nil tenant belong
-- to operations of the platform.
create table idempotency (
  tenant_id uuid not null,
  principal text collate "C" not null,
  key_hash text collate "C" not null,
  fingerprint text not null,
  secret_answer bytea,
  expires_at timestamptz(3) not null,
  primary key (tenant_id, principal, key_hash)
);
create index idempotency_expires_at on idempotency (expires_at);

-- What happened to a tenant, a hash chain each. `before` and `after` are the canonical text that was hashed.
create table audit (
  tenant_id uuid not null references tenants (tenant_id),
  seq bigint not null,
  id text collate "C" not null,
  at timestamptz(3) not null,
  actor text collate "C" not null,
  operation text not null,
  target text collate "C" not null,
  before text,
  after text,
  reason text,
  address text not null,
  request_id text not null,
  hash text not null,
  primary key (tenant_id, seq),
  unique (tenant_id, id)
);
create index audit_target on audit (tenant_id, target, seq);
create index audit_actor on audit (tenant_id, actor, seq);
create index audit_at on audit (tenant_id, at);

create table audit_heads (
  tenant_id uuid primary key references tenants (tenant_id),
  seq bigint not null,
  hash text not null
);

-- Credentials of the installation itself: operators and nodes.
create table platform_tokens (
  id text collate "C" primary key,
  kind text not null check (kind in ('operator', 'node')),
  secret_hash text not null,
  created_at timestamptz(3) not null,
  revoked_at timestamptz(3)
);

-- One row a kind of job: who works on it until when, when it is due again, and how far it has come. `fence` rises with
-- every claim.
create table worker_jobs (
  job text primary key,
  holder text,
  lease_until timestamptz(3) not null,
  due_at timestamptz(3) not null,
  fence bigint not null,
  mark bigint not null
);

do $$
declare
  name text;
begin
  foreach name in array array['tenants', 'members', 'tokens', 'idempotency', 'audit', 'audit_heads'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format(
      'create policy tenant_isolation on %I to tulou_tenant using (tenant_id = current_setting(''app.tenant'')::uuid) with check (tenant_id = current_setting(''app.tenant'')::uuid)',
      name
    );
    execute format('create policy system_all on %I to tulou_system using (true) with check (true)', name);
  end loop;
end
$$;

grant select, insert, update, delete on members, tokens, idempotency to tulou_tenant;
grant select, update on tenants to tulou_tenant;
grant select, insert on audit to tulou_tenant;
grant select, update on audit_heads to tulou_tenant;
grant select, insert, update, delete on tenants, members, tokens, idempotency, audit_heads, platform_tokens, worker_jobs to tulou_system;
grant select, insert, delete on audit to tulou_system;
