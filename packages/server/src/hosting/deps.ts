import type { Deps } from '../operations/handler.ts';
import type { ContentStore } from './artifacts/content.ts';

export interface HostingDeps extends Deps {
  readonly content: ContentStore;
}
