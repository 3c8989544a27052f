-- What tells and keeps apart who may be granted what.

-- A deleted scope stays as a tombstone, so that its name never comes to mean something else in a grant that is there.
alter table scopes add column deleted_at timestamptz(3);

-- {"scope": full name, "risk", "title", "description"}: what apps of every tenant may declare.
alter table catalog add column scopes jsonb not null default '[]';

-- A private app can be installed by its own tenant only. What an operator has blocked, its tenant can't bring back.
alter table apps add column visibility text not null default 'private' check (visibility in ('public', 'private'));
alter table apps drop constraint apps_state_check, add constraint apps_state_check check (state in ('active', 'suspended', 'blocked'));

-- For the day on which a tenant leaves: what others have of it, and what it has of others.
create index installations_of_developer on installations (developer, app_id);
create index installed_by on installed (installer);
