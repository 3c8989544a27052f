import { limits } from '@tulou/contract';
import type { connections } from '@tulou/contract/operations/connections';
import { must } from '../../../kernel/assert.ts';
import { newId } from '../../../kernel/random.ts';
import type { Handler } from '../../../operations/handler.ts';
import { holdProven } from '../../../store/hosts.ts';
import { holdQuota } from '../../../operations/quota.ts';
import { judgeIssuer, secretContext, viewConnection, type ConnectionRow } from './connection.ts';
import { holdOwner, isOwner } from './rank.ts';
import { denyOthers } from './sign-out.ts';
import type { IdentityDeps } from '../../deps.ts';

export const createConnection: Handler<typeof connections.create, IdentityDeps> = async (
  scope,
  { body },
  deps,
  call,
) => {
  judgeIssuer(body.issuer, deps);
  const { tenantUuid, principal } = scope;
  // An owner who enforces it means all members.
  const owners = body.owners ?? (body.enforced && isOwner(principal));
  if (owners) holdOwner(principal, deps.clock);
  return call.commit(async (tx) => {
    const counted = tx.sql`select 1 from connections where tenant_id = ${tenantUuid}`;
    await holdQuota(tx, counted, limits.connectionsPerTenantMax, 'connections of this tenant');
    await holdProven(tx, body.domains, deps);
    const id = newId('connection', deps.clock, deps.random);
    const now = new Date(deps.clock.now());
    const secret = body.client_secret === null ? null : deps.seal(body.client_secret, secretContext(tenantUuid, id));
    const [inserted] = await tx.sql<ConnectionRow[]>`
      insert into connections (tenant_id, id, name, issuer_url, client_id, secret_client_secret, domains, enforced, owners,
                               state, created_at, updated_at)
      values (${tenantUuid}, ${id}, ${body.name}, ${body.issuer}, ${body.client_id}, ${secret}, ${body.domains}::text[],
              ${body.enforced}, ${owners}, 'active', ${now}, ${now})
      returning *`;
    if (body.enforced) await denyOthers(tx, owners, deps.clock);
    const after = viewConnection(must(inserted, 'an insert returns its row'), deps.platformUrl);
    return { output: after, target: id, before: null, after };
  });
};
