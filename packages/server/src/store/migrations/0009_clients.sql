-- What OAuth clients are told and how they prove themselves, beyond a secret.

-- A rotated secret is good until its time: both are, so that no request fails while the new one is rolled out.
alter table clients add column secret_previous_hash text;
alter table clients add column secret_previous_until timestamptz(3);

-- OpenID Connect RP-Initiated Logout 1.0 §3.1 and Back-Channel Logout 1.0 §2.2.
alter table clients add column post_logout_redirect_uris text[] not null default '{}';
alter table clients add column backchannel_logout_uri text;

-- RFC 8705 §3.4. Which certificate it must be is in tls_subject: `dns:<name>` or `uri:<URI>`.
alter table clients add column certificate_bound boolean not null default false;

-- Whether a grant of this scope can be limited to some of the data (RFC 9396): its provider's services look at what is said
-- about it in the token.
alter table scopes add column data_scoped boolean not null default false;
