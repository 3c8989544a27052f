-- Operator tokens have names, owners and an end. A token from a file on the machine of a control process has `from_file`:
-- when the file holds another one, the earlier tokens from files are revoked. An earlier release inserts rows without these
-- columns, always from a file.
alter table platform_tokens
  add column name text,
  add column created_by text,
  add column expires_at timestamptz(3),
  add column from_file boolean not null default true;

-- One row. `master_key_check` is derived from the master key and says nothing about it: with it a wrong key is refused
-- before anything is sealed with it.
create table installation (
  one boolean primary key default true check (one),
  master_key_check text not null,
  created_at timestamptz(3) not null
);
grant select, insert, update on installation to tulou_system;
