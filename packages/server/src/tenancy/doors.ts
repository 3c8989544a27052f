/** The four doors to a tenant. There is no fifth. */
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

/**
 * The source that names a tenant to the identity server. These have proven that it is meant:
 *
 * - `issuer`: its issuer was asked by its host name, or its keys are due. The nil tenant is the platform's issuer.
 * - `client`: the snapshot says that the OAuth client is the tenant's.
 * - `member`: a person who has signed in may have a row among the tenant's members.
 * - `connection`: its identity provider is asked for the person, and the answer is verified.
 *
 * These prove nothing. The rows of the tenant decide, and a tenant that does not exist gets the same answer:
 *
 * - `resource`: a token for the tenant is asked for. Installation, membership and scopes decide.
 * - `invitation`: a link names the tenant. The secret in it decides.
 * - `app`: an app is asked for by its address. Its visibility decides.
 */
export type NamedBy = 'issuer' | 'client' | 'member' | 'connection' | 'resource' | 'invitation' | 'app';

/** The identity server acts for one tenant, or (nil) for the people of the platform. */
export function fromIdentity(by: NamedBy, tenantUuid: string): TenantScope {
  return unsafe_mintScope(tenantUuid, { kind: 'identity', id: by }, by);
}
