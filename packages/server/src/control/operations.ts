/** THE TABLE of the control API: every operation of the contract and what answers it. */
import { tenants } from '@tulou/contract/operations/tenants';
import { on, type Binding } from './call/handler.ts';
import { createTenant } from './tenants/create.ts';
import { getTenant } from './tenants/get.ts';
import { listTenants } from './tenants/list.ts';

// prettier-ignore
export const bindings: readonly Binding[] = [
  on(tenants.create, createTenant),
  on(tenants.list,   listTenants),
  on(tenants.get,    getTenant),
];
