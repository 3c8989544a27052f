import { Problem, type Id } from '@tulou/contract';
import type { operators } from '@tulou/contract/operations/operators';
import { actorOf } from '../../../tenancy/principal.ts';
import type { Handler } from '../../../operations/handler.ts';
import { findOperator, viewOperator } from './operator.ts';
import { nilTenant } from '../../../tenancy/nil-tenant.ts';

/** A person by their own account only: whom a tenant's identity provider vouches for is that tenant's. */
export const createOperator: Handler<typeof operators.create> = (principal, { body }, { clock }, call) =>
  call.commit(async (tx) => {
    const [person] = await tx.sql<{ id: Id<'user'> }[]>`
      select id from users
      where tenant_id = ${nilTenant} and email = ${body.email} and connection is null
        and verified_at is not null and disabled_at is null
      for share`;
    if (person === undefined)
      throw new Problem('not_found', { detail: 'No person here has shown this address to be theirs.' });
    const made = await tx.sql`
      insert into operators (user_id, created_by, created_at)
      values (${person.id}, ${actorOf(principal)}, ${new Date(clock.now())})
      on conflict (user_id) do nothing returning user_id`;
    if (made.length === 0) throw new Problem('conflict', { detail: 'this person is an operator already' });
    const after = viewOperator(await findOperator(tx, person.id));
    return { tenantUuid: null, output: after, target: after.id, before: null, after };
  });
