import type { tenants } from '@tulou/contract/operations/tenants';
import type { Handler } from '../call/handler.ts';
import { changeTenant } from './row.ts';

export const updateTenant: Handler<typeof tenants.update> = (_scope, { body: { name } }, deps, call) =>
  changeTenant(call, deps, () => (name === undefined ? {} : { name }));
