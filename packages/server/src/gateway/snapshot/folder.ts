/**
 * The names in the folder of the configuration. A base is a whole state, and the newest base has two copies. A log holds the
 * answers after the base of its number, and has one copy.
 */
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

export const baseKinds = ['base', 'copy-base', 'copy2-base'] as const;
export const logKinds = ['log', 'copy-log'] as const;
const kinds = [...baseKinds, ...logKinds] as const;
export type FileKind = (typeof kinds)[number];

export class SnapshotFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  file(kind: FileKind, number: number): string {
    return join(this.path, `${kind}-${String(number).padStart(8, '0')}.ndjson`);
  }

  /** The end mark, its copy, and its name while the files lack an answer. */
  get endMarks(): readonly [string, string] {
    return [join(this.path, 'end'), join(this.path, 'copy-end')];
  }

  get behindMark(): string {
    return join(this.path, 'behind');
  }

  /** The numbers for which a file of any of these kinds exists, rising. */
  numbers(...of: readonly FileKind[]): number[] {
    const found = new Set<number>();
    for (const name of readdirSync(this.path)) {
      const [, kind = '', number] = /^([a-z0-9-]+)-(\d{8})\.ndjson$/.exec(name) ?? [];
      if (of.some((wanted) => wanted === kind)) found.add(Number(number));
    }
    return [...found].toSorted((a, b) => a - b);
  }

  get lastNumber(): number {
    return this.numbers(...kinds).at(-1) ?? 0;
  }

  size(kind: FileKind, number: number): number {
    return statSync(this.file(kind, number), { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Removes the files that no start can need: all before the oldest of the last `basesKept` bases, and copies of older bases. */
  prune(basesKept: number): void {
    const bases = this.numbers('base').slice(-basesKept);
    const [oldest = 0] = bases;
    const newest = bases.at(-1) ?? 0;
    for (const kind of kinds) {
      const from = kind === 'copy-base' || kind === 'copy2-base' ? newest : oldest;
      for (const number of this.numbers(kind)) if (number < from) rmSync(this.file(kind, number), { force: true });
    }
  }
}
