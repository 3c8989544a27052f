/** THE TABLE of the plane's operations. */
import { calls } from '@tulou/contract/operations/calls';
import { usage } from '@tulou/contract/operations/usage';
import { on, type Binding } from '../operations/handler.ts';
import type { UsageDeps } from './calls/deps.ts';
import { getCall } from './calls/get.ts';
import { listCalls } from './calls/list.ts';
import { getUsage } from './get.ts';

// oxfmt-ignore
export const bindings: readonly Binding<UsageDeps>[] = [
  on(usage.get,  getUsage),

  on(calls.list, listCalls),
  on(calls.get,  getCall),
];
