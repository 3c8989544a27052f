import { Problem } from '@tulou/contract';
import type { clients } from '@tulou/contract/operations/clients';
import { lockApp } from '../app.ts';
import type { Handler } from '../../operations/handler.ts';
import { emit } from '../../operations/emit.ts';
import { findClient, viewClient } from './client.ts';
import { newSecret } from './secret.ts';

/** The old secret is valid until the overlap ends. A secret that is still in an earlier overlap is invalid immediately. */
export const rotateClient: Handler<typeof clients.rotate> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const app = await lockApp(tx, params.app);
    const row = await findClient(tx, app, params.client);
    const secret = newSecret(row.authentication, deps.random);
    if (secret.text === null) throw new Problem('state_conflict', { detail: 'This client has no secret.' });
    const now = new Date(deps.clock.now());
    const seconds = body.overlap_seconds;
    const kept = seconds === 0 ? null : row.secret_hash;
    const until = seconds === 0 ? null : new Date(now.getTime() + seconds * 1000);
    await tx.sql`
      update clients set secret_hash = ${secret.hash}, secret_previous_hash = ${kept}, secret_previous_until = ${until},
        updated_at = ${now}
      where tenant_id = ${scope.tenantUuid} and id = ${row.id}`;
    const after = viewClient(app, { ...row, updated_at: now });
    await emit(tx, scope.tenantUuid, { type: 'client.rotated', target: row.id, data: after }, deps);
    return {
      output: { ...after, client_secret: secret.text },
      target: row.id,
      before: viewClient(app, row),
      after,
    };
  });
