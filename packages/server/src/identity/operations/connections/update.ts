import type { connections } from '@tulou/contract/operations/connections';
import { must } from '../../../kernel/assert.ts';
import { holdProven } from '../../../store/hosts.ts';
import type { Handler } from '../../../operations/handler.ts';
import { lockConnection, secretContext, viewConnection, type ConnectionRow } from './connection.ts';
import { holdOwner, holdOwnersOf, isOwner } from './rank.ts';
import { denyOthers, signOutAll } from './sign-out.ts';
import type { IdentityDeps } from '../../deps.ts';

export const updateConnection: Handler<typeof connections.update, IdentityDeps> = (
  scope,
  { params, body },
  deps,
  call,
) =>
  call.commit(async (tx) => {
    const row = await lockConnection(tx, params.connection);
    const before = viewConnection(row, deps.platformUrl);
    call.expect(before);
    const owners = body.owners ?? (row.owners || (body.enforced === true && isOwner(scope.principal)));
    if (row.owners || owners) holdOwner(scope.principal, deps.clock);
    await holdProven(tx, added(row.domains, body.domains), deps);
    const { name = row.name, client_id = row.client_id, enforced = row.enforced, state = row.state } = body;
    const secret = sealed(row, body.client_secret, (text) => deps.seal(text, secretContext(scope.tenantUuid, row.id)));
    const [updated] = await tx.sql<ConnectionRow[]>`
      update connections set name = ${name}, client_id = ${client_id}, secret_client_secret = ${secret},
        domains = ${[...(body.domains ?? row.domains)]}::text[], enforced = ${enforced},
        owners = ${owners}, state = ${state},
        updated_at = ${new Date(deps.clock.now())}
      where tenant_id = ${scope.tenantUuid} and id = ${row.id} returning *`;
    if (row.state === 'active' && state === 'paused') {
      await holdOwnersOf(tx, row.id);
      await signOutAll(tx, row.id, deps.clock);
    }
    const isWider = !isEnforced(row) || (owners && !row.owners);
    if (isEnforced({ enforced, state }) && isWider) await denyOthers(tx, owners, deps.clock);
    const after = viewConnection(must(updated, 'a locked row is there'), deps.platformUrl);
    return { output: after, target: row.id, before, after };
  });

const added = (before: readonly string[], after: readonly string[] = []): string[] =>
  after.filter((domain) => !before.includes(domain));

const isEnforced = ({ enforced, state }: Pick<ConnectionRow, 'enforced' | 'state'>): boolean =>
  enforced && state === 'active';

function sealed(
  { secret_client_secret: kept }: ConnectionRow,
  given: string | null | undefined,
  seal: (text: string) => Uint8Array,
): Uint8Array | null {
  if (given === undefined) return kept;
  return given === null ? null : seal(given);
}
