/** THE TABLE of the plane's operations. */
import { usage } from '@tulou/contract/operations/usage';
import { on, type Binding } from '../operations/handler.ts';
import { getUsage } from './get.ts';

// oxfmt-ignore
export const bindings: readonly Binding[] = [
  on(usage.get, getUsage),
];
