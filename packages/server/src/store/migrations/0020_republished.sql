-- Facts that gateways and versions from before these columns and fields do not have yet.
set local role tulou_system;

-- Private APIs look absent to callers without a right to them.
with moved as (
  update snapshot_head set seq = seq + 1
  where exists (select from snapshot_objects o join apis a on a.id = o.key
                where o.kind = 'api' and o.object is not null and a.visibility = 'private')
  returning seq
)
update snapshot_objects o
set seq = moved.seq, object = o.object || '{"private": true}'
from moved, apis a
where o.kind = 'api' and o.object is not null and a.id = o.key and a.tenant_id = o.tenant and a.visibility = 'private';

-- Versions whose operations require scopes are strict unless their provider says otherwise: gateways decide alike.
update versions v
set scoped = true
from snapshot_objects o
where o.kind = 'version' and o.key = v.id and o.tenant = v.tenant_id and o.object is not null
  and exists (
    select from jsonb_array_elements(o.object -> 'operations') as one
    where jsonb_array_length(coalesce(one -> 'scopes', '[]')) > 0);
reset role;
