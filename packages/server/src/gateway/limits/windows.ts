/**
 * Counted windows of plans' limits, exact over all threads of this gateway. Every limit except the calendar month is a
 * sliding window of two buckets. The count of the last bucket loses weight while the present one fills, and a call is allowed
 * while the sum is below the limit. The first bucket of a subject begins with its first call. After silence, `requests` calls
 * are always allowed, and the next call in that window never. If the calls of the last bucket were bunched, a window across
 * its end may hold more than `requests`, at most twice as many.
 */
import type { SteadyTime } from './steady.ts';
import { StripedTable, type SlotUse } from './table.ts';

/** One window to count in. `lengthMs` 0: the calendar month in UTC. */
export interface Window {
  readonly low: number;
  readonly high: number;
  readonly lengthMs: number;
  readonly max: number;
}

// Words of a slot after its key: start (a double, Unix ms), count of this bucket, count of the one before, the Unix second
// from which the slot is idle. The last word says whether the slot changed since the last checkpoint.
const startAt = 2;
const currentAt = 4;
const previousAt = 5;
const idleAt = 6;
const dirtyAt = 7;
const slotWords = 8;

/** One counted subject, as the checkpoint on disk keeps it. */
export interface CounterRecord {
  readonly low: number;
  readonly high: number;
  readonly start: number;
  readonly current: number;
  readonly previous: number;
  readonly idleSeconds: number;
}

/** The largest number of windows for one call: the contract's limit on a plan. */
const windowsMax = 8;
/** Milliseconds that the main thread waits for one lock. */
const waitsOfMainMax = 20;

/** The handle of one thread on the shared counters. Its results are valid until the next `take`. */
export class Windows {
  readonly table: StripedTable;
  /** Result of the last `take`, by index of the window: calls left, and ms until the bucket ends. */
  readonly remaining = new Float64Array(windowsMax);
  readonly resetMs = new Float64Array(windowsMax);
  /** Index of the window that refused the last `take`, and ms until it would allow one call. */
  refusedBy = -1;
  waitMs = 0;

  readonly #doubles: Float64Array;
  readonly #owner: number;
  readonly #time: SteadyTime | undefined;
  readonly #slots = new Int32Array(windowsMax);
  readonly #stripes = new Int32Array(windowsMax);
  #stripeCount = 0;
  #nowSeconds = 0;
  #calendarMs = 0;
  #monthStart = 0;
  #monthEnd = 0;
  readonly #use: SlotUse;

  /** `owner` is the number of this thread, from 1. If `time` is given, it replaces the time that a call passes. */
  constructor(memory: SharedArrayBuffer, owner: number, time?: SteadyTime) {
    this.table = new StripedTable(memory, slotWords);
    this.#doubles = new Float64Array(memory);
    this.#owner = owner;
    this.#time = time;
    const { words } = this.table;
    this.#use = {
      idle: (at) => (words[at + idleAt] ?? 0) <= this.#nowSeconds,
      worth: (at) => words[at + idleAt] ?? 0,
    };
  }

  static memoryFor(slots: number): SharedArrayBuffer {
    return StripedTable.memoryFor(slots, slotWords);
  }

  /**
   * Counts one call in every window, or in none: all windows are checked first. False: `refusedBy` has no room for `waitMs`.
   * At most eight windows.
   */
  take(windows: readonly Window[], atMs: number): boolean {
    const count = Math.min(windows.length, windowsMax);
    const nowMs = this.#time?.now() ?? atMs;
    this.#calendarMs = this.#time?.calendarNow() ?? atMs;
    this.#nowSeconds = Math.floor(nowMs / 1000);
    this.#lockAll(windows, count);
    let allowed = true;
    this.refusedBy = -1;
    this.waitMs = 0;
    for (let i = 0; i < count; i += 1) if (!this.#look(windows[i], i, nowMs)) allowed = false;
    if (allowed) for (let i = 0; i < count; i += 1) this.#count(i);
    this.#unlockAll();
    return allowed;
  }

  /** Locks the stripes in rising order, each once, so that two calls never deadlock. */
  #lockAll(windows: readonly Window[], count: number): void {
    this.#stripeCount = 0;
    for (let i = 0; i < count; i += 1) this.#note(this.table.stripeOf(windows[i]?.high ?? 0));
    for (let i = 0; i < this.#stripeCount; i += 1) this.table.lock(this.#stripes[i] ?? 0, this.#owner);
  }

  #note(stripe: number): void {
    let at = this.#stripeCount;
    while (at > 0 && (this.#stripes[at - 1] ?? 0) > stripe) at -= 1;
    if (at > 0 && this.#stripes[at - 1] === stripe) return;
    for (let i = this.#stripeCount; i > at; i -= 1) this.#stripes[i] = this.#stripes[i - 1] ?? 0;
    this.#stripes[at] = stripe;
    this.#stripeCount += 1;
  }

  #unlockAll(): void {
    for (let i = this.#stripeCount - 1; i >= 0; i -= 1) this.table.unlock(this.#stripes[i] ?? 0);
  }

  /** Moves the buckets of a window to the current time, and returns whether one more call fits. */
  #look(window: Window | undefined, index: number, nowMs: number): boolean {
    if (window === undefined) return true;
    const { words } = this.table;
    const isMonth = window.lengthMs === 0;
    const now = isMonth ? this.#calendarMs : nowMs;
    const at = this.#slotOf(window, now);
    this.#slots[index] = at;
    const lengthMs = isMonth ? this.#advanceMonth(at, now) : this.#advance(at, window.lengthMs, now);
    const current = (words[at + currentAt] ?? 0) >>> 0;
    const previous = (words[at + previousAt] ?? 0) >>> 0;
    const elapsedMs = Math.max(0, now - (this.#doubles[(at + startAt) >> 1] ?? 0));
    const used = current + previous * Math.max(0, 1 - elapsedMs / lengthMs);
    this.resetMs[index] = Math.max(0, lengthMs - elapsedMs);
    const fits = used < window.max;
    this.remaining[index] = Math.max(0, Math.ceil(window.max - used - (fits ? 1 : 0)));
    if (!fits) this.#refuse(index, waitFor(window.max, current, previous, elapsedMs, lengthMs, isMonth));
    return fits;
  }

  /** If several windows refuse, the one with the longest wait is reported. */
  #refuse(index: number, waitMs: number): void {
    if (this.refusedBy !== -1 && waitMs <= this.waitMs) return;
    this.refusedBy = index;
    this.waitMs = waitMs;
  }

  #count(index: number): void {
    const { words } = this.table;
    const at = this.#slots[index] ?? 0;
    words[at + currentAt] = (words[at + currentAt] ?? 0) + 1;
    words[at + dirtyAt] = 1;
    this.table.markChanged(this.table.stripeOf(words[at + 1] ?? 0));
  }

  #slotOf(window: Window, nowMs: number): number {
    const stripe = this.table.stripeOf(window.high);
    const found = this.table.find(stripe, window.low, window.high);
    if (found !== -1) return found;
    const at = this.table.claim(stripe, window.low, window.high, this.#use);
    this.#restart(at, window.lengthMs, nowMs);
    return at;
  }

  #restart(at: number, lengthMs: number, startMs: number): void {
    const { words } = this.table;
    this.#doubles[(at + startAt) >> 1] = startMs;
    words[at + currentAt] = 0;
    words[at + previousAt] = 0;
    words[at + idleAt] = Math.ceil((startMs + 2 * lengthMs) / 1000);
  }

  #advance(at: number, lengthMs: number, nowMs: number): number {
    const { words } = this.table;
    const startMs = this.#doubles[(at + startAt) >> 1] ?? 0;
    const elapsedMs = nowMs - startMs;
    // A wall clock that was set back must not hold a subject in a window of the future.
    if (elapsedMs >= 2 * lengthMs || elapsedMs < -lengthMs) this.#restart(at, lengthMs, nowMs);
    else if (elapsedMs >= lengthMs) {
      words[at + previousAt] = words[at + currentAt] ?? 0;
      words[at + currentAt] = 0;
      this.#doubles[(at + startAt) >> 1] = startMs + lengthMs;
      words[at + idleAt] = Math.ceil((startMs + 3 * lengthMs) / 1000);
    }
    return lengthMs;
  }

  #advanceMonth(at: number, nowMs: number): number {
    if (nowMs < this.#monthStart || nowMs >= this.#monthEnd) this.#findMonth(nowMs);
    if ((this.#doubles[(at + startAt) >> 1] ?? 0) < this.#monthStart || this.table.words[at + idleAt] === 0) {
      this.#restart(at, 0, this.#monthStart);
    }
    this.table.words[at + idleAt] = Math.ceil(this.#monthEnd / 1000);
    this.#doubles[(at + startAt) >> 1] = this.#monthStart;
    return this.#monthEnd - this.#monthStart;
  }

  #findMonth(nowMs: number): void {
    const now = new Date(nowMs);
    this.#monthStart = Date.UTC(now.getUTCFullYear(), now.getUTCMonth());
    this.#monthEnd = Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1);
  }

  /** Passes on the counters that changed since the last call (`all`: every counter that is not idle). For the checkpoint. */
  collect(all: boolean, nowMs: number, each: (record: CounterRecord) => void): void {
    this.#nowSeconds = Math.floor((this.#time?.now() ?? nowMs) / 1000);
    for (let stripe = 0; stripe < this.table.stripes; stripe += 1) {
      if (!all && !this.table.seemsChanged(stripe)) continue;
      // A hung thread may hold the lock. The stripe is passed on after the thread has been replaced.
      if (!this.table.lock(stripe, this.#owner, waitsOfMainMax)) continue;
      this.table.takeChanged(stripe);
      for (let slot = 0; slot < 64; slot += 1) this.#collectSlot(this.table.slotAt(stripe, slot), all, each);
      this.table.unlock(stripe);
    }
  }

  #collectSlot(at: number, all: boolean, each: (record: CounterRecord) => void): void {
    const { words } = this.table;
    if ((words[at + 1] ?? 0) === 0 || this.#use.idle(at)) return;
    if (!all && words[at + dirtyAt] === 0) return;
    words[at + dirtyAt] = 0;
    each({
      low: words[at] ?? 0,
      high: words[at + 1] ?? 0,
      start: this.#doubles[(at + startAt) >> 1] ?? 0,
      current: (words[at + currentAt] ?? 0) >>> 0,
      previous: (words[at + previousAt] ?? 0) >>> 0,
      idleSeconds: words[at + idleAt] ?? 0,
    });
  }

  /** Restores a counter of a checkpoint, unless it is idle by now. */
  restore(record: CounterRecord, nowMs: number): void {
    this.#nowSeconds = Math.floor(nowMs / 1000);
    if (record.idleSeconds <= this.#nowSeconds || record.high === 0) return;
    const { words } = this.table;
    const stripe = this.table.stripeOf(record.high);
    this.table.lock(stripe, this.#owner);
    const found = this.table.find(stripe, record.low, record.high);
    const at = found === -1 ? this.table.claim(stripe, record.low, record.high, this.#use) : found;
    this.#doubles[(at + startAt) >> 1] = record.start;
    words[at + currentAt] = record.current;
    words[at + previousAt] = record.previous;
    words[at + idleAt] = record.idleSeconds;
    this.table.unlock(stripe);
  }
}

/** Milliseconds until one call fits: in this bucket when the last one has lost enough weight, otherwise early in the next. */
function waitFor(
  max: number,
  current: number,
  previous: number,
  elapsedMs: number,
  lengthMs: number,
  calendar: boolean,
): number {
  const leftMs = Math.max(0, lengthMs - elapsedMs);
  if (calendar) return leftMs;
  const room = max - current;
  if (room > 0) return Math.min(leftMs, Math.max(0, (1 - room / previous) * lengthMs - elapsedMs)) + 1;
  return leftMs + Math.max(0, (1 - max / current) * lengthMs) + 1;
}
