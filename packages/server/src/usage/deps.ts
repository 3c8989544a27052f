import type { Deps } from '../operations/handler.ts';
import type { CallWatch } from './calls/watch.ts';

export interface UsageDeps extends Deps {
  readonly callWatch: CallWatch;
}
