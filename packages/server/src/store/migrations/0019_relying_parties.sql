-- What relying parties need beside FAPI's choices (docs/decisions/0020).

-- An issuer signs `id_token`s with RS256 too: each algorithm has a current key of its own.
drop index signing_keys_current;
create unique index signing_keys_current on signing_keys (tenant_id, algorithm) where state = 'current';

-- Clients that are there go on as they were: ES256, and PKCE always.
alter table clients
  add column id_token_signed_response_alg text not null default 'ES256'
    check (id_token_signed_response_alg in ('RS256', 'ES256')),
  add column pkce text not null default 'required' check (pkce in ('required', 'optional')),
  add column require_pushed_authorization_requests boolean not null default false;

alter table clients drop constraint clients_authentication_check;
alter table clients add constraint clients_authentication_check
  check (authentication in ('client_secret_basic', 'client_secret_post', 'private_key_jwt', 'tls_client_auth', 'none'));
