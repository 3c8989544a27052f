-- What calls by key may do, and what `test` and `live` mean.

-- Full names, `<tenant>/<api>:<name>`. Keys that exist have none: an operation that requires a scope refuses them until a
-- member gives them one.
alter table keys add column scopes text[] not null default '{}';

-- Calls are counted by the environment of their credential, and refusals by their code ('': the service answered). Usage from
-- before counts as `live`.
alter table usage_minute
  add column environment text not null default 'live' check (environment in ('test', 'live')),
  add column code text collate "C" not null default '';
alter table usage_minute drop constraint usage_minute_pkey,
  add primary key (tenant_id, minute, side, api, version, operation, app, key, status, environment, code);

-- Gateways learn which clients are of `test`; without the field a client is of `live`.
set local role tulou_system;
with moved as (
  update snapshot_head set seq = seq + 1
  where exists (select from snapshot_objects o join clients c on c.id = o.key
                where o.kind = 'client' and o.object is not null and c.environment = 'test')
  returning seq
)
update snapshot_objects o
set seq = moved.seq, object = o.object || '{"environment": "test"}'
from moved, clients c
where o.kind = 'client' and o.object is not null and c.id = o.key and c.tenant_id = o.tenant and c.environment = 'test';
reset role;
