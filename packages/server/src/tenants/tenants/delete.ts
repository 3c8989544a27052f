import { limits, Problem } from '@tulou/contract';
import type { tenants } from '@tulou/contract/operations/tenants';
import type { Handler } from '../../operations/handler.ts';
import type { TenantsDeps } from '../deps.ts';
import { changeTenant } from './row.ts';

/** The calls of the tenant stop immediately. The worker deletes its rows after the grace period; until then it can be restored. */
export const deleteTenant: Handler<typeof tenants.delete, TenantsDeps> = (_scope, _input, deps, call) =>
  changeTenant(call, deps, (row, now) => {
    if (row.delete_at !== null) throw new Problem('state_conflict', { detail: 'the tenant is being deleted already' });
    return { delete_at: new Date(now.getTime() + limits.tenantDeletionGraceDays * 86_400_000) };
  });
