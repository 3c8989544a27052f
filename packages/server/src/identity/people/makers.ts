/** The right by which a member was invited: it must still be there when the invitation is accepted. */
import type { Role } from '@tulou/contract';
import { lastActor } from '../../operations/audit/author.ts';
import type { TenantTx } from '../../store/store.ts';
import { roleContains } from '../../tenancy/access.ts';

/** Each of these requires the rank of the role that it gives. */
const operations = ['members.create', 'members.update', 'members.invite'];

/**
 * Whether the last member who created, changed or invited this member may still give the role. Operators may always. A
 * member who was demoted or removed meanwhile may not.
 */
export async function isStillBacked(
  tx: TenantTx,
  { id, role }: { readonly id: string; readonly role: Role },
): Promise<boolean> {
  const actor = await lastActor(tx, tx.tenantUuid, id, operations);
  if (actor === undefined || actor.includes(':')) return true;
  const [maker] = await tx.sql<{ role: Role }[]>`
    select role from members where tenant_id = ${tx.tenantUuid} and id = ${actor} for share`;
  return maker !== undefined && roleContains(maker.role, role);
}
