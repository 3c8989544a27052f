import { limits } from '@tulou/contract';
import type { clients } from '@tulou/contract/operations/clients';
import { must } from '../../kernel/assert.ts';
import { newId } from '../../kernel/random.ts';
import { lockApp } from '../app.ts';
import type { Handler } from '../../operations/handler.ts';
import { holdQuota } from '../../operations/quota.ts';
import { clientChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import { viewClient, type ClientRow } from './client.ts';
import { judgeClient } from './judge.ts';
import { newSecret } from './secret.ts';

export const createClient: Handler<typeof clients.create> = async (scope, { params, body }, deps, call) => {
  judgeClient(body);
  const secret = newSecret(body.authentication, deps.random);
  return call.commit(async (tx) => {
    const app = await lockApp(tx, params.app);
    const counted = tx.sql`select 1 from clients where tenant_id = ${scope.tenantUuid} and app_id = ${app.id}`;
    await holdQuota(tx, counted, limits.clientsPerAppMax, 'clients of this app');
    const now = new Date(deps.clock.now());
    const [inserted] = await tx.sql<ClientRow[]>`
      insert into clients (tenant_id, id, app_id, name, environment, authentication, grant_types, redirect_uris,
                           post_logout_redirect_uris, backchannel_logout_uri, jwks, tls_subject, dpop_bound,
                           certificate_bound, id_token_signed_response_alg, pkce,
                           require_pushed_authorization_requests, secret_hash, created_at, updated_at)
      values (${scope.tenantUuid}, ${newId('client', deps.clock, deps.random)}, ${app.id}, ${body.name},
              ${body.environment}, ${body.authentication}, ${body.grant_types}::text[], ${body.redirect_uris}::text[],
              ${body.post_logout_redirect_uris}::text[], ${body.backchannel_logout_uri},
              ${body.jwks === null ? null : JSON.stringify(body.jwks)}::text::jsonb, ${body.tls_subject},
              ${body.dpop_bound}, ${body.certificate_bound}, ${body.id_token_signed_response_alg}, ${body.pkce},
              ${body.require_pushed_authorization_requests}, ${secret.hash}, ${now}, ${now})
      returning *`;
    const row = must(inserted, 'an insert returns its row');
    publish(tx, [clientChange(scope, row)]);
    const after = viewClient(app, row);
    return { output: { ...after, client_secret: secret.text }, target: row.id, before: null, after };
  });
};
