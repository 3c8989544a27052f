-- Domains of tenants. A host name of an API or an issuer, and a mail domain of a connection, must be within a domain that the
-- tenant has shown to be its own.

create table domains (
  tenant_id uuid not null references tenants (tenant_id),
  id text collate "C" not null,
  host text collate "C" not null,
  -- What the DNS record or the page must say. It is public by nature.
  challenge text not null,
  state text not null check (state in ('pending', 'verified')),
  method text check (method in ('dns', 'http')),
  verified_at timestamptz(3),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  primary key (tenant_id, id),
  unique (tenant_id, host),
  check ((state = 'verified') = (verified_at is not null)),
  check ((state = 'verified') = (method is not null))
);
alter table domains enable row level security;
alter table domains force row level security;
create policy tenant_isolation on domains to tulou_tenant using (tenant_id = current_setting('app.tenant')::uuid)
  with check (tenant_id = current_setting('app.tenant')::uuid);
create policy system_all on domains to tulou_system using (true) with check (true);
grant select, insert, update, delete on domains to tulou_tenant, tulou_system;

-- A domain has one owner on the whole platform. A released one stays reserved for its former owner for a while, because
-- DNS records may still lead here. The column is not called "tenant": the row outlives its tenant.
create table domain_owners (
  host text collate "C" primary key,
  owner uuid not null,
  method text not null check (method in ('dns', 'http')),
  released_at timestamptz(3)
);
create index domain_owners_of_tenant on domain_owners (owner);
grant select, insert, update, delete on domain_owners to tulou_system;
