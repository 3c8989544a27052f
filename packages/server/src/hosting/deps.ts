import type { Deps } from '../operations/handler.ts';
import type { ContentStore } from './content/store.ts';

export interface HostingDeps extends Deps {
  readonly content: ContentStore;
}
