import type { methods } from './grammar.ts';
import type { JsonObject } from './json.ts';

/** An operation in its document. */
export interface FoundOperation {
  readonly template: string;
  readonly method: (typeof methods)[number];
  /** From the root of the document; through `components` where the path item is a reference. */
  readonly path: readonly string[];
  readonly value: JsonObject;
  /** The path item it belongs to, and where that is. */
  readonly item: JsonObject;
  readonly itemPath: readonly string[];
}
