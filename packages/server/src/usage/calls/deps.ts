import type { Deps } from '../../operations/handler.ts';
import type { CallWatch } from './watch.ts';

export interface UsageDeps extends Deps {
  readonly callWatch: CallWatch;
}
