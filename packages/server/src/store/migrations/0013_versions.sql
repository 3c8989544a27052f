-- Whether a gateway forwards documented operations only; null: where any of them carries
-- scopes (`scoped`).
alter table versions
  add column strict boolean,
  add column scoped boolean not null default false,
  add column finding_errors int not null default 0,
  add column finding_warnings int not null default 0;

-- A document as it was sent, where that is not the JSON of `document`: YAML comes out as it went in.
alter table version_documents
  add column source text,
  add column findings jsonb not null default '[]';
