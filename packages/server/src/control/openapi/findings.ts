/** What is wrong with a document, gathered while it is read. Bounded: a reader mends a hundred before asking for more. */

export const findingsMax = 100;

/** Line and column in the text as it was sent, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Finding {
  readonly path: readonly string[];
  /** Where the reader's eye has to go: the last key of the path, what stands behind it, or a place that has no path. */
  readonly at: 'key' | 'value' | Place;
  readonly message: string;
}

export class Findings {
  readonly kept: Finding[] = [];
  /** How many there are in all, with those not kept. */
  count = 0;

  /** Notes something wrong. `path` is copied: walkers go on changing theirs. */
  add(path: readonly (string | number)[], message: string, at: Finding['at'] = 'value'): void {
    this.count += 1;
    if (this.kept.length < findingsMax) this.kept.push({ path: path.map(String), at, message });
  }
}
