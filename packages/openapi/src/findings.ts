/**
 * Everything that is wrong with a document, gathered while it is read. An *error* makes routing, scopes or metering
 * ambiguous; everything else is a *warning*. An error costs the operations that it touches, or the whole document.
 */
import type { Violation } from '@tulou/contract';

/** How many errors, and how many warnings, are listed. All are counted. */
export const findingsMax = 100;

export type Severity = 'error' | 'warning';

/** Line and column in the text as it was sent, from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Finding {
  readonly severity: Severity;
  readonly path: readonly string[];
  /** Where the reader has to look: the last key of the path, its value, or a place that has no path. */
  readonly at: 'key' | 'value' | Place;
  readonly message: string;
}

/** A finding with its place in the text. `pointer` is RFC 6901, into the document. */
export interface ReportItem extends Violation {
  readonly severity: Severity;
  readonly line: number;
  readonly column: number;
}

/** The findings: counts of all, and the first of each severity; errors first, then in the order of the lines. */
export interface Report {
  readonly errors: number;
  readonly warnings: number;
  readonly items: readonly ReportItem[];
}

export class Findings {
  readonly kept: Finding[] = [];
  readonly #counts = { error: 0, warning: 0 };
  readonly #costly = new Set<string>();
  #isFatal = false;

  get errors(): number {
    return this.#counts.error;
  }

  get warnings(): number {
    return this.#counts.warning;
  }

  /** Whether the document cannot be published at all. */
  get isFatal(): boolean {
    return this.#isFatal;
  }

  /** Notes a warning. `path` is copied: walkers change theirs afterwards. */
  add(path: readonly (string | number)[], message: string, at: Finding['at'] = 'value'): void {
    this.#note('warning', path, message, at);
  }

  /** Notes an error that makes the whole document unusable. */
  refuse(path: readonly (string | number)[], message: string, at: Finding['at'] = 'value'): void {
    this.#isFatal = true;
    this.#note('error', path, message, at);
  }

  /** Notes an error that costs every operation at or below each of the `places`; none of them is published. */
  cost(
    places: readonly (readonly string[])[],
    path: readonly (string | number)[],
    message: string,
    at: Finding['at'] = 'value',
  ): void {
    for (const place of places) this.#costly.add(place.join('\0'));
    this.#note('error', path, message, at);
  }

  /** Whether an error has cost what lies at this path. */
  hasCost(path: readonly string[]): boolean {
    if (this.#costly.size === 0) return false;
    return path.some((_, index) => this.#costly.has(path.slice(0, index + 1).join('\0')));
  }

  #note(severity: Severity, path: readonly (string | number)[], message: string, at: Finding['at']): void {
    this.#counts[severity] += 1;
    if (this.#counts[severity] <= findingsMax) this.kept.push({ severity, path: path.map(String), at, message });
  }
}
