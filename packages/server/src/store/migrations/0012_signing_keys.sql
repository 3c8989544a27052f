-- A key of an app is shown with each call (bearer), or signs it and is never sent (RFC 9421). Of an Ed25519 key only the
-- public half is here. An HMAC secret is not here either: it is derived from the key of the gateways and the credential id.
alter table keys
  add column kind text not null default 'bearer' check (kind in ('bearer', 'ed25519', 'hmac-sha256')),
  add column public_key text,
  alter column secret_hash drop not null,
  add check ((kind = 'ed25519') = (public_key is not null)),
  add check ((kind = 'ed25519') = (secret_hash is null));
