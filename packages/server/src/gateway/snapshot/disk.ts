/**
 * The last good configuration on disk: a base with every object, and logs of the answers since. Each line carries a
 * checksum, each answer ends with a commit line; what stands after the last commit (a torn tail) does not count. A base is
 * written beside, synced and renamed, and the three last ones are kept with their logs: where the newest is damaged, the one
 * before and the logs after it lead to the same state.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { SnapshotChange, SnapshotHead } from '@tulou/contract';
import { sleep, type Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Position } from './catalogue.ts';
import { encodeAnswer, encodeLines, readAnswers, type DiskLine } from './disk-lines.ts';

const basesKept = 3;
/** A log is folded into a new base when it is larger than half the base, and at least so large. */
const foldBytesMin = 4 * 1024 * 1024;
/** Folding gives the thread back after so many lines, as changes have to be passed on meanwhile. */
const foldLinesAtOnce = 500;

/** One answer as the disk gives it back: the same as from control. */
export type Take = (head: SnapshotHead, changes: readonly SnapshotChange[]) => void;

export interface DiskDeps {
  readonly clock: Clock;
  readonly log: Log;
}

export class SnapshotDisk {
  readonly #folder: string;
  readonly #deps: DiskDeps;
  /** Numbers of the newest base and log; a log's number is that of the base it follows, or higher. */
  #base = 0;
  #log = 0;
  #file: number | undefined;
  #baseBytes = 0;
  #logBytes = 0;
  #broken = false;
  #folding: Promise<void> | undefined;

  constructor(folder: string, deps: DiskDeps) {
    this.#folder = folder;
    this.#deps = deps;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    this.#base = this.#numbers('base').at(-1) ?? 0;
    this.#log = Math.max(this.#base, this.#numbers('log').at(-1) ?? 0);
  }

  /** Gives back the newest good base and the logs after it, answer by answer. Returns whether there was any. */
  load(take: Take): boolean {
    for (const number of this.#numbers('base').toReversed()) {
      const answers = readAnswers(this.#path('base', number), (head, lines) => take(head, lines));
      if (answers === 0) {
        this.#deps.log.error({ base: number }, 'a base of the configuration is damaged; the one before it is used');
        continue;
      }
      this.#baseBytes = sizeOf(this.#path('base', number));
      for (const log of this.#numbers('log').filter((candidate) => candidate >= number)) {
        readAnswers(this.#path('log', log), take);
        this.#logBytes += sizeOf(this.#path('log', log));
      }
      // An earlier process may have ended inside a line: nothing is written behind that.
      this.#log += 1;
      return true;
    }
    return false;
  }

  /** Keeps one answer: a full one as a base, a delta at the end of the log. `broken`: those of it that were not taken. */
  keep(head: SnapshotHead, changes: readonly SnapshotChange[], broken: ReadonlySet<SnapshotChange>): void {
    const lines = changes.map((change): DiskLine => (broken.has(change) ? { ...change, broken: true } : change));
    const position = { epoch: head.epoch, seq: head.seq };
    try {
      if (head.full || this.#base === 0) this.#writeWhole(position, lines);
      else this.#append(encodeAnswer(position, false, lines));
      this.#broken = false;
    } catch (error) {
      if (!this.#broken) this.#deps.log.error({ error: String(error) }, 'the configuration cannot be kept on disk');
      this.#broken = true;
    }
  }

  /** Whether an answer could not be kept. The log then has a hole and takes no more, until a full answer makes a new base. */
  get behind(): boolean {
    return this.#broken;
  }

  /** Whether the disk takes bytes again, and room for more than a few of them. */
  works(): boolean {
    const path = join(this.#folder, 'probe');
    try {
      writeFileSync(path, Buffer.alloc(Math.max(foldBytesMin, this.#baseBytes)), { flush: true });
      return true;
    } catch {
      return false;
    } finally {
      rmSync(path, { force: true });
    }
  }

  /** Folds base and log into a new base where that pays. At most one at a time; resolves when it is done. */
  foldIfGrown(): Promise<void> {
    const grown = this.#logBytes > Math.max(foldBytesMin, this.#baseBytes / 2);
    if (this.#folding === undefined && grown && !this.#broken) {
      this.#folding = this.#fold()
        .catch((error: unknown) => this.#deps.log.error({ error: String(error) }, 'the configuration cannot be folded'))
        .finally(() => (this.#folding = undefined));
    }
    return this.#folding ?? Promise.resolve();
  }

  async close(): Promise<void> {
    await this.#folding;
    this.#closeLog();
  }

  #closeLog(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #append(bytes: Iterable<Buffer>): void {
    if (this.#broken) throw new Error('the log has a hole');
    this.#file ??= openSync(this.#path('log', this.#log), 'a', 0o600);
    for (const piece of bytes) this.#logBytes += writeAll(this.#file, piece);
  }

  #writeWhole(position: Position, lines: readonly DiskLine[]): void {
    const number = this.#log + 1;
    const base = new BaseFile(this.#path('base', number));
    base.writeAll(encodeAnswer(position, true, lines));
    this.#adopt(number, base);
    this.#log = number;
    this.#closeLog();
    this.#logBytes = 0;
  }

  /** New answers go to the next log from here on, while base and logs up to now are read and written as one. */
  async #fold(): Promise<void> {
    const until = this.#log;
    this.#closeLog();
    this.#log = until + 1;
    this.#logBytes = 0;
    const state = this.#readState(until);
    if (state.position === undefined) return;
    const base = new BaseFile(this.#path('base', until + 1));
    for (const lines of inGroups([...state.good.values(), ...state.broken.values()], foldLinesAtOnce)) {
      base.writeAll(encodeLines(lines));
      await sleep(this.#deps.clock, 0);
    }
    base.writeAll(encodeAnswer(state.position, true, []));
    this.#adopt(until + 1, base);
  }

  #adopt(number: number, base: BaseFile): void {
    base.finish();
    syncFolder(this.#folder);
    this.#base = number;
    this.#baseBytes = base.bytes;
    const kept = this.#numbers('base').slice(-basesKept);
    for (const kind of ['base', 'log'] as const) {
      for (const old of this.#numbers(kind)) if (old < (kept[0] ?? 0)) rmSync(this.#path(kind, old), { force: true });
    }
  }

  /** The last line of every key; of what is quarantined, the last good and the broken one. */
  #readState(until: number): DiskState {
    const state: DiskState = { position: undefined, good: new Map(), broken: new Map() };
    const take = (head: SnapshotHead, lines: readonly DiskLine[]): void => {
      state.position = { epoch: head.epoch, seq: head.seq };
      for (const line of lines) keepLast(state, line);
    };
    readAnswers(this.#path('base', this.#base), take);
    for (const log of this.#numbers('log')) {
      if (log >= this.#base && log <= until) readAnswers(this.#path('log', log), take);
    }
    return state;
  }

  #numbers(kind: 'base' | 'log'): number[] {
    return readdirSync(this.#folder)
      .map((name) => new RegExp(`^${kind}-(\\d{8})\\.ndjson$`).exec(name)?.[1])
      .filter((text) => text !== undefined)
      .map(Number)
      .sort((a, b) => a - b);
  }

  #path(kind: 'base' | 'log', number: number): string {
    return join(this.#folder, `${kind}-${String(number).padStart(8, '0')}.ndjson`);
  }
}

interface DiskState {
  position: Position | undefined;
  readonly good: Map<string, DiskLine>;
  readonly broken: Map<string, DiskLine>;
}

function keepLast(state: DiskState, line: DiskLine): void {
  const name = `${line.kind} ${line.key}`;
  if (line.broken === true) {
    state.broken.set(name, line);
    return;
  }
  state.broken.delete(name);
  if (line.object === null) state.good.delete(name);
  else state.good.set(name, line);
}

/** A base while it is written: under another name until it is whole and synced. */
class BaseFile {
  bytes = 0;
  readonly #path: string;
  readonly #file: number;

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(`${path}.new`, 'w', 0o600);
  }

  writeAll(pieces: Iterable<Buffer>): void {
    try {
      for (const piece of pieces) this.bytes += writeAll(this.#file, piece);
    } catch (error) {
      closeSync(this.#file);
      rmSync(`${this.#path}.new`, { force: true });
      throw error;
    }
  }

  finish(): void {
    fsyncSync(this.#file);
    closeSync(this.#file);
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function writeAll(file: number, bytes: Buffer): number {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
  return bytes.length;
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** A rename is kept over a power cut only when its folder is synced too. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function* inGroups<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
