import { Problem } from '@tulou/contract';
import type { clients } from '@tulou/contract/operations/clients';
import { lockApp } from '../apps/app.ts';
import type { Handler } from '../call/handler.ts';
import { findClient, viewClient } from './client.ts';
import { newSecret } from './secret.ts';

export const rotateClient: Handler<typeof clients.rotate> = (scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const app = await lockApp(tx, params.app);
    const row = await findClient(tx, app, params.client);
    const secret = newSecret(row.authentication, deps.random);
    if (secret.text === null) throw new Problem('state_conflict', { detail: 'This client has no secret.' });
    const now = new Date(deps.clock.now());
    await tx.sql`
      update clients set secret_hash = ${secret.hash}, updated_at = ${now}
      where tenant_id = ${scope.tenantUuid} and id = ${row.id}`;
    const after = viewClient(app, { ...row, updated_at: now });
    return {
      output: { ...after, client_secret: secret.text },
      target: row.id,
      before: viewClient(app, row),
      after,
    };
  });
