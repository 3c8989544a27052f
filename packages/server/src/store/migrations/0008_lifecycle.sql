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
