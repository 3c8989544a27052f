import { Problem } from '@tulou/contract';
import type { tenants } from '@tulou/contract/operations/tenants';
import type { Handler } from '../../operations/handler.ts';
import type { TenantsDeps } from '../deps.ts';
import { changeTenant } from './row.ts';

/** Undoes the deletion. A tenant that was suspended before is suspended again. */
export const restoreTenant: Handler<typeof tenants.restore, TenantsDeps> = (_scope, _input, deps, call) =>
  changeTenant(call, deps, (row, now) => {
    if (row.delete_at === null) throw new Problem('state_conflict', { detail: 'the tenant is not being deleted' });
    if (row.delete_at <= now) throw new Problem('state_conflict', { detail: 'the grace period is over' });
    return { delete_at: null };
  });
