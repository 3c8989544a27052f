-- Rights do not rise above those of the member who gave them, and a sanction outlives the object that it was put on.

-- The members by whose rights a control token exists, beside its own member: it never allows more than each of them has, and
-- it ends when one of them is removed.
alter table tokens add column makers text[] collate "C" not null default '{}';

-- Whether a connection may also sign in owners, and hold them to it. Only owners and operators set this.
alter table connections add column owners boolean not null default false;

-- A provider has suspended the developer on this API. The mark stays when the subscription ends.
alter table subscribers add column sanctioned_at timestamptz(3);
create index subscribers_sanctioned on subscribers (tenant_id, developer, api_id) where sanctioned_at is not null;

set local role tulou_system;
update tokens t set makers = array[a.actor]
from audit a
where a.tenant_id = t.tenant_id and a.target = t.id and a.operation = 'tokens.create' and a.actor <> t.member
  and starts_with(a.actor, 'mem_');
update subscribers set sanctioned_at = updated_at where state = 'suspended';
reset role;
