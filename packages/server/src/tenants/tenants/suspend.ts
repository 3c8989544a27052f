import { Problem } from '@tulou/contract';
import type { tenants } from '@tulou/contract/operations/tenants';
import type { Handler } from '../../operations/handler.ts';
import type { TenantsDeps } from '../deps.ts';
import { changeTenant } from './row.ts';

export const suspendTenant: Handler<typeof tenants.suspend, TenantsDeps> = (_scope, _input, deps, call) =>
  changeTenant(call, deps, (row, now) => {
    if (row.suspended_at !== null) throw new Problem('state_conflict', { detail: 'the tenant is suspended already' });
    return { suspended_at: now };
  });
