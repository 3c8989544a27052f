import type { tenants } from '@tulou/contract/operations/tenants';
import type { Handler } from '../../operations/handler.ts';
import type { TenantsDeps } from '../deps.ts';
import { changeTenant } from './row.ts';

export const updateTenant: Handler<typeof tenants.update, TenantsDeps> = (_scope, { body }, deps, call) =>
  changeTenant(call, deps, ({ name, members_may_try }) => ({
    name: body.name ?? name,
    members_may_try: body.members_may_try ?? members_may_try,
  }));
