/** The three doors to a tenant. There is no fourth. */
import { Problem } from '@tulou/contract';
import type { MemberPrincipal, OperatorPrincipal } from './principal.ts';
import { unsafe_mintScope, type TenantScope } from './scope.ts';

/**
 * A call: the route names a tenant, the credential names a tenant, from two independent sources, and both must agree.
 * Where they don't, the answer is the same as for a tenant that never existed.
 */
export function fromCall(
  routeTenantUuid: string | undefined,
  principal: MemberPrincipal,
  requestId: string,
): TenantScope {
  if (routeTenantUuid === undefined || routeTenantUuid !== principal.tenantUuid) throw new Problem('not_found');
  return unsafe_mintScope(routeTenantUuid, principal, requestId);
}

/** Work that a stored row asks for: only for the row's own tenant. */
export function fromJob(row: { readonly tenant_id: string; readonly job: string; readonly id: string }): TenantScope {
  return unsafe_mintScope(row.tenant_id, { kind: 'job', id: row.job }, row.id);
}

/** An operator acts on a tenant. `record` must have written the audit entry before the door opens. */
export async function fromOperator(
  operator: OperatorPrincipal,
  tenantUuid: string,
  reason: string,
  requestId: string,
  record: (scope: TenantScope, reason: string) => Promise<void>,
): Promise<TenantScope> {
  const scope = unsafe_mintScope(tenantUuid, operator, requestId);
  await record(scope, reason);
  return scope;
}
