/**
 * The last valid configuration on disk: a base with every object, and logs of the answers since, as one verified chain
 * (disk-lines.ts, load.ts). A base is written under another name, synced and renamed. It has two copies, and the last three
 * bases are kept with their logs. If one is damaged, another one and the logs after it lead to the same state.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SnapshotChange, SnapshotHead } from '@tulou/contract';
import { assert, must } from '../../kernel/assert.ts';
import { sleep, type Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import { syncFolder } from '../durable.ts';
import { BaseFile, copyBase } from './base-file.ts';
import { AnswerEncoder, chained, encodeCommit, formatNow, type DiskLine } from './disk-lines.ts';
import { markBehind, unmarkBehind, writeEndMark, type End } from './end-mark.ts';
import { logKinds, SnapshotFolder } from './folder.ts';
import { loadChain, readState, type Take } from './load.ts';
import { LogFiles } from './log-files.ts';

const basesKept = 3;
/** A log is folded into a new base when it is larger than half the base, and at least this large. */
const foldBytesMin = 4 * 1024 * 1024;
/** Folding yields the thread after this many lines, because changes must be passed on meanwhile. */
const foldLinesAtOnce = 500;

export interface DiskDeps {
  readonly clock: Clock;
  readonly log: Log;
}

/** The result of a start. `incomplete`: the files lack answers that were stored, so nothing from them may be served. */
export type Found = 'nothing' | 'incomplete' | 'unverified' | 'complete';

export class SnapshotDisk {
  readonly #folder: SnapshotFolder;
  readonly #deps: DiskDeps;
  /** Numbers of the newest base and log. The number of a log is that of the base that it follows, or higher. */
  #base = 0;
  #log: number;
  #files: LogFiles | undefined;
  #end: End | undefined;
  #kept = 0;
  #baseBytes = 0;
  #logBytes = 0;
  #broken = false;
  #syncAsked = false;
  #folding: Promise<void> | undefined;
  /** Copies and syncs in progress. */
  #pending: Promise<void> = Promise.resolve();

  constructor(path: string, deps: DiskDeps) {
    this.#folder = new SnapshotFolder(path);
    this.#deps = deps;
    mkdirSync(path, { recursive: true, mode: 0o700 });
    this.#log = this.#folder.lastNumber;
  }

  /** Returns the newest valid base and the logs after it, answer by answer. */
  load(take: Take): Found {
    const loaded = loadChain(this.#folder, take, this.#deps.log);
    // An earlier process may have ended inside a line. Nothing is written after such an end.
    this.#log += 1;
    this.#kept = loaded.kept;
    if (!loaded.found) return 'nothing';
    this.#base = loaded.base;
    this.#end = loaded.end;
    this.#baseBytes = this.#folder.size('base', loaded.base);
    for (const log of this.#folder.numbers('log'))
      if (log >= loaded.base) this.#logBytes += this.#folder.size('log', log);
    // Files of 0.1.0 do not name their predecessor, and a chain with a gap takes no more answers. Both need a new base.
    const verified = loaded.end?.digest !== '';
    if (!loaded.complete || !verified) this.#broken = true;
    else this.#copy();
    return !loaded.complete ? 'incomplete' : verified ? 'complete' : 'unverified';
  }

  /** Stores one answer: a full one as a base, a delta at the end of the log. `broken`: the changes of it that were rejected. */
  keep(head: SnapshotHead, changes: readonly SnapshotChange[], broken: ReadonlySet<SnapshotChange>): void {
    const lines = changes.map((change): DiskLine => (broken.has(change) ? { ...change, broken: true } : change));
    try {
      if (head.full) this.#writeWhole(head, lines);
      else this.#append(head, lines);
    } catch (error) {
      this.#fail(error);
    }
  }

  /**
   * Whether an answer could not be stored. The log then has a gap and takes no more answers until a full one makes a new
   * base.
   */
  get behind(): boolean {
    return this.#broken;
  }

  /** Whether the disk accepts bytes again, with room for more than a few. */
  works(): boolean {
    const path = join(this.#folder.path, 'probe');
    try {
      mkdirSync(this.#folder.path, { recursive: true, mode: 0o700 });
      writeFileSync(path, Buffer.alloc(Math.max(foldBytesMin, this.#baseBytes)), { flush: true });
      return true;
    } catch {
      return false;
    } finally {
      rmSync(path, { force: true });
    }
  }

  /** Detects that the files of a running gateway were removed. */
  check(): void {
    if (this.#broken || this.#base === 0) return;
    const there = this.#folder.size('base', this.#base) > 0 && this.#files?.areThere !== false;
    if (!there) this.#fail(new Error('the files of the configuration were removed while the gateway runs'));
  }

  /** Folds base and log into a new base if that is worthwhile. At most one at a time; resolves when it is done. */
  foldIfGrown(): Promise<void> {
    const grown = this.#logBytes > Math.max(foldBytesMin, this.#baseBytes / 2);
    if (this.#folding === undefined && grown && !this.#broken) {
      this.#folding = this.#fold()
        .catch((error: unknown) => this.#fail(error))
        .finally(() => (this.#folding = undefined));
    }
    return this.#folding ?? Promise.resolve();
  }

  /** Resolves when all stored answers are synced and have their copies. */
  async settled(): Promise<void> {
    await this.#folding;
    for (let before; before !== this.#pending;) {
      before = this.#pending;
      await before;
    }
  }

  async close(): Promise<void> {
    await this.settled();
    await this.#files?.close();
    this.#files = undefined;
  }

  #fail(error: unknown): void {
    if (!this.#broken) this.#deps.log.error({ error: String(error) }, 'the configuration cannot be kept on disk');
    this.#broken = true;
    this.#closeLog();
    markBehind(this.#folder);
  }

  #closeLog(): void {
    const [end, files] = [this.#end, this.#files];
    this.#files = undefined;
    if (files === undefined) return;
    this.#after(async () => {
      await files.close();
      this.#mark(end);
    });
  }

  #mark(end: End | undefined): void {
    if (end !== undefined && !this.#broken) writeEndMark(this.#folder, end);
  }

  #append({ epoch, seq }: SnapshotHead, lines: readonly DiskLine[]): void {
    if (this.#broken) throw new Error('the log has a gap');
    const before = must(this.#end, 'a log follows a base');
    const encoder = new AnswerEncoder();
    const pieces = [...encoder.lines(lines)];
    const sum = encoder.sum();
    const end = { epoch, seq, kept: before.kept + 1, digest: chained(before.digest, sum, { epoch, seq }) };
    pieces.push(encodeCommit({ ...end, full: false, format: formatNow, number: 0, after: before.digest, sum: '' }));
    const files = (this.#files ??= this.#openLog());
    const bytes = files.bytes;
    files.append(pieces);
    this.#logBytes += files.bytes - bytes;
    this.#end = end;
    this.#kept = end.kept;
    this.#syncSoon();
  }

  /**
   * One sync covers all answers that arrive meanwhile. The mark follows the log: it must never name an answer that a power
   * cut can remove.
   */
  #syncSoon(): void {
    if (this.#syncAsked) return;
    this.#syncAsked = true;
    this.#after(async () => {
      this.#syncAsked = false;
      const [end, files] = [this.#end, this.#files];
      await files?.sync();
      if (files !== undefined && this.#files === files) this.#mark(end);
    });
  }

  #openLog(): LogFiles {
    const files = new LogFiles(logKinds.map((kind) => this.#folder.file(kind, this.#log)));
    syncFolder(this.#folder.path);
    return files;
  }

  #writeWhole({ epoch, seq }: SnapshotHead, lines: readonly DiskLine[]): void {
    const number = this.#log + 1;
    const kept = this.#kept + 1;
    const base = new BaseFile(this.#folder.file('base', number));
    base.write(lines);
    this.#kept = kept;
    this.#end = base.finish(number, (sum) => ({ epoch, seq, kept, digest: chained('', sum, { epoch, seq }) }));
    this.#log = number;
    this.#closeLog();
    this.#logBytes = 0;
    this.#adopt(number, base.bytes);
    this.#broken = false;
    writeEndMark(this.#folder, this.#end);
    unmarkBehind(this.#folder);
  }

  /** New answers go to the next log from here on, while base and logs up to now are merged. */
  async #fold(): Promise<void> {
    const [until, expected] = [this.#log, this.#end];
    this.#closeLog();
    this.#log = until + 1;
    this.#logBytes = 0;
    await this.#pending;
    const state: DiskState = { good: new Map(), broken: new Map() };
    const end = readState(this.#folder, this.#base, until, (_head, lines) => {
      for (const line of lines) keepLast(state, line);
    });
    assert(end?.digest === expected?.digest, 'the files of the configuration say what was written to them');
    const base = new BaseFile(this.#folder.file('base', until + 1));
    for (const lines of inGroups([...state.good.values(), ...state.broken.values()], foldLinesAtOnce)) {
      base.write(lines);
      await sleep(this.#deps.clock, 0);
    }
    base.finish(until + 1, () => must(end, 'the state has an end'));
    this.#adopt(until + 1, base.bytes);
  }

  #adopt(number: number, bytes: number): void {
    syncFolder(this.#folder.path);
    this.#base = number;
    this.#baseBytes = bytes;
    this.#copy();
  }

  #copy(): void {
    this.#after(async () => {
      await copyBase(this.#folder, this.#base);
      this.#folder.prune(basesKept);
    });
  }

  /** Runs slow work of the disk in order, without delaying the caller. */
  #after(work: () => Promise<void>): void {
    this.#pending = this.#pending.then(work).catch((error: unknown) => this.#fail(error));
  }
}

interface DiskState {
  readonly good: Map<string, DiskLine>;
  readonly broken: Map<string, DiskLine>;
}

/** The last line of every key. For a quarantined key: the last valid and the broken one. */
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

function* inGroups<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
