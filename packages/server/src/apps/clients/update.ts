import type { clients } from '@tulou/contract/operations/clients';
import { must } from '../../kernel/assert.ts';
import { lockApp } from '../app.ts';
import type { Handler } from '../../operations/handler.ts';
import { findClient, viewClient, type ClientRow } from './client.ts';
import { judgeClient } from './judge.ts';

export const updateClient: Handler<typeof clients.update> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const app = await lockApp(tx, params.app);
    const row = await findClient(tx, app, params.client);
    const before = viewClient(app, row);
    call.expect(before);
    const { name = row.name, jwks = row.jwks, tls_subject = row.tls_subject } = body;
    const { grant_types = row.grant_types, redirect_uris = row.redirect_uris } = body;
    const { post_logout_redirect_uris = row.post_logout_redirect_uris } = body;
    const { backchannel_logout_uri = row.backchannel_logout_uri } = body;
    const { id_token_signed_response_alg: algorithm = row.id_token_signed_response_alg, pkce = row.pkce } = body;
    const { require_pushed_authorization_requests: pushedOnly = row.require_pushed_authorization_requests } = body;
    const { dpop_bound = row.dpop_bound, certificate_bound = row.certificate_bound } = body;
    const addresses = { redirect_uris, post_logout_redirect_uris, backchannel_logout_uri };
    const bound = { dpop_bound, certificate_bound, pkce };
    judgeClient({ authentication: row.authentication, grant_types, ...addresses, jwks, tls_subject, ...bound });
    const [updated] = await tx.sql<ClientRow[]>`
      update clients set name = ${name}, grant_types = ${[...grant_types]}::text[],
        redirect_uris = ${[...redirect_uris]}::text[],
        post_logout_redirect_uris = ${[...post_logout_redirect_uris]}::text[],
        backchannel_logout_uri = ${backchannel_logout_uri},
        jwks = ${jwks === null ? null : JSON.stringify(jwks)}::text::jsonb, tls_subject = ${tls_subject},
        dpop_bound = ${dpop_bound}, certificate_bound = ${certificate_bound},
        id_token_signed_response_alg = ${algorithm}, pkce = ${pkce},
        require_pushed_authorization_requests = ${pushedOnly},
        updated_at = ${new Date(deps.clock.now())}
      where tenant_id = ${scope.tenantUuid} and id = ${row.id} returning *`;
    const after = viewClient(app, must(updated, 'a locked row is there'));
    return { output: after, target: row.id, before, after };
  });
