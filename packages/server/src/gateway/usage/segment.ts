/**
 * One thread's spool of answered calls. `commit` appends the calls of a turn with one write before their answers are sent, so a
 * killed process has counted every answer that left it. A group sync within 100 ms bounds the loss of a power cut. A segment is
 * closed when it is a second old or full, and then belongs to the main thread.
 *
 * If the disk refuses (full, or broken), calls are served and kept in memory up to a bound. They are written when the disk
 * works again, and passed to the main thread, which sends them to control. Above the bound `full` is true and billable calls
 * are refused.
 */
import { closeSync, fsync, ftruncateSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../../kernel/clock.ts';
import { FrameEncoder, type UsageEvent } from './record.ts';

/** The file calls of a spool, as an argument, so that a test can let a disk fill up. */
export interface SpoolFiles {
  open(path: string): number;
  /** Returns the number of bytes that were written. */
  write(file: number, bytes: Buffer, from: number): number;
  truncate(file: number, bytes: number): void;
  sync(file: number, done: (error: Error | null) => void): void;
  close(file: number): void;
  rename(from: string, to: string): void;
  /** Writes the content of an open file to a path, after its own name was removed. */
  rescue?(file: number, path: string): void;
}

const openNew = (path: string): number => openSync(path, 'wx+', 0o600);

export const diskFiles: SpoolFiles = {
  open: openNew,
  write: (file, bytes, from) => writeSync(file, bytes, from),
  truncate: ftruncateSync,
  sync: fsync,
  close: closeSync,
  rename: renameSync,
  rescue(file, path) {
    const copy = openNew(path);
    try {
      const piece = Buffer.alloc(64 * 1024);
      for (let at = 0; ;) {
        const bytes = readSync(file, piece, 0, piece.length, at);
        if (bytes === 0) return;
        for (let from = 0; from < bytes;) from += writeSync(copy, piece, from, bytes - from);
        at += bytes;
      }
    } finally {
      closeSync(copy);
    }
  },
};

export interface SpoolBounds {
  /** Calls in one segment: at most the number of rows of a batch. */
  readonly callsPerSegmentMax: number;
  readonly segmentAgeMs: number;
  readonly syncEveryMs: number;
  /** The interval between attempts to write calls from memory. */
  readonly retryEveryMs: number;
  /** Calls that are kept in memory while the disk refuses. */
  readonly pendingMax: number;
}

export const spoolBounds: SpoolBounds = {
  callsPerSegmentMax: 50_000,
  segmentAgeMs: 1000,
  syncEveryMs: 50,
  retryEveryMs: 500,
  pendingMax: 100_000,
};

export interface SpoolOptions {
  readonly folder: string;
  /** `<gateway>-<boot>-<thread>`: with a number after it, the id of a segment. */
  readonly prefix: string;
  readonly bounds: SpoolBounds;
  readonly files: SpoolFiles;
  readonly clock: Clock;
  /** A segment is closed and named `<id>.seg`. `sealed`: its seal shows that it is complete. */
  readonly onClosed: (id: string, sealed: boolean) => void;
  /** The disk refuses: a segment for control, as it would be on disk. At most one at a time, until `taken`. */
  readonly onHandedOver?: (id: string, bytes: Uint8Array, calls: number) => void;
  /** Receives from time to time the number of calls that are in memory only. */
  readonly onPending?: (calls: number) => void;
  /** The disk has refused. Called once until the disk works again. */
  readonly onFault: (error: unknown) => void;
}

interface Segment {
  readonly id: string;
  readonly file: number;
  readonly openedAt: number;
  bytes: number;
  calls: number;
  synced: boolean;
  sealed: boolean;
}

interface HandedOver {
  readonly id: string;
  readonly bytes: Buffer;
  /** The number of waiting calls that are passed on, from the first. */
  readonly calls: number;
}

/** Suffix of a segment that is being written, and of a complete one. */
export const openSuffix = '.open';
export const closedSuffix = '.seg';

export class Spool {
  readonly #options: SpoolOptions;
  readonly #encoder = new FrameEncoder();
  readonly #timer: Timer;
  #segment: Segment | undefined;
  #number = 0;
  #pending: UsageEvent[] = [];
  #handed: HandedOver | undefined;
  #retryAt = 0;
  #closing = 0;
  #syncing = false;
  #whenClosed: (() => void) | undefined;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#timer = options.clock.every(options.bounds.syncEveryMs, () => this.#tick());
  }

  /** No further call can be recorded. */
  get full(): boolean {
    return this.#pending.length >= this.#options.bounds.pendingMax;
  }

  /** Calls that are in memory only. */
  get pending(): number {
    return this.#pending.length;
  }

  /** Records calls with one write. Never throws. */
  commit(events: readonly UsageEvent[]): void {
    if (events.length === 0) return;
    // While the disk refuses, new calls queue behind those that wait. The timer tries the disk again, not every call.
    if (this.#pending.length > 0) this.#keep(events);
    else if (!this.#write(events)) this.#keep(events);
  }

  /** Control has accepted the segment that was passed on. */
  taken(id: string): void {
    const handed = this.#handed;
    if (handed?.id !== id) return;
    this.#handed = undefined;
    this.#pending = this.#pending.slice(handed.calls);
    this.#options.onPending?.(this.#pending.length);
  }

  /** Writes the waiting calls and closes the last segment. Resolves when the segment is complete on disk. */
  async close(): Promise<void> {
    this.#timer.cancel();
    this.#retry();
    this.#rotate();
    if (this.#closing === 0) return;
    await new Promise<void>((resolve) => (this.#whenClosed = resolve));
  }

  #keep(events: readonly UsageEvent[]): void {
    for (const event of events) this.#pending.push(event);
  }

  #write(events: readonly UsageEvent[]): boolean {
    try {
      const segment = (this.#segment ??= this.#open());
      for (const event of events) this.#encoder.add(event);
      const frame = this.#encoder.takeFrame();
      this.#writeAll(segment.file, frame);
      segment.bytes += frame.length;
      segment.calls += events.length;
      segment.synced = false;
      if (segment.calls >= this.#options.bounds.callsPerSegmentMax) this.#rotate();
      return true;
    } catch (error) {
      this.#fail(error);
      return false;
    }
  }

  #writeAll(file: number, bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) {
      const taken = this.#options.files.write(file, bytes, at);
      if (taken === 0) throw new Error('the disk accepts no more bytes');
      at += taken;
    }
  }

  #open(): Segment {
    this.#number += 1;
    const id = `${this.#options.prefix}-${this.#number}`;
    this.#encoder.startSegment(this.#number);
    const file = this.#options.files.open(join(this.#options.folder, id + openSuffix));
    return { id, file, openedAt: this.#options.clock.monotonic(), bytes: 0, calls: 0, synced: true, sealed: false };
  }

  /** Cuts off a partial write and ends the segment: the numbers of its definitions can no longer be trusted. */
  #fail(error: unknown): void {
    const segment = this.#segment;
    if (this.#pending.length === 0) this.#options.onFault(error);
    if (segment === undefined) return;
    this.#cutBack(segment);
    this.#rotate();
  }

  #cutBack(segment: Segment): void {
    try {
      this.#options.files.truncate(segment.file, segment.bytes);
    } catch {
      // The reader stops at the torn frame; everything before it is intact.
    }
  }

  #tick(): void {
    const now = this.#options.clock.monotonic();
    if (this.#pending.length > 0 && now >= this.#retryAt) {
      this.#retryAt = now + this.#options.bounds.retryEveryMs;
      this.#retry();
      if (this.#pending.length > 0) this.#handOver();
      this.#options.onPending?.(this.#pending.length);
    }
    const segment = this.#segment;
    if (segment === undefined) return;
    if (now - segment.openedAt >= this.#options.bounds.segmentAgeMs) this.#rotate();
    else if (!segment.synced && !this.#syncing) this.#sync(segment);
  }

  #handOver(): void {
    const { onHandedOver, bounds } = this.#options;
    if (onHandedOver === undefined || this.#handed !== undefined || this.#segment !== undefined) return;
    const some = this.#pending.slice(0, bounds.callsPerSegmentMax);
    this.#number += 1;
    this.#encoder.startSegment(this.#number);
    for (const event of some) this.#encoder.add(event);
    const calls = Buffer.from(this.#encoder.takeFrame());
    const bytes = Buffer.concat([calls, this.#encoder.takeSeal(some.length)]);
    this.#handed = { id: `${this.#options.prefix}-${this.#number}`, bytes, calls: some.length };
    onHandedOver(this.#handed.id, bytes, some.length);
  }

  /** Uses the id that control may have accepted already: the first one that arrives counts, and only that one. */
  #writeHanded({ id, bytes, calls }: HandedOver): boolean {
    const path = join(this.#options.folder, id);
    const { files } = this.#options;
    try {
      const file = files.open(path + openSuffix);
      try {
        this.#writeAll(file, bytes);
      } finally {
        files.close(file);
      }
      files.rename(path + openSuffix, path + closedSuffix);
    } catch {
      return false;
    }
    this.#handed = undefined;
    this.#pending = this.#pending.slice(calls);
    this.#options.onClosed(id, true);
    return true;
  }

  #retry(): void {
    if (this.#handed !== undefined && !this.#writeHanded(this.#handed)) return;
    while (this.#pending.length > 0) {
      const some = this.#pending.slice(0, 1000);
      if (!this.#write(some)) return;
      this.#pending = this.#pending.slice(some.length);
    }
  }

  #sync(segment: Segment): void {
    segment.synced = true;
    this.#syncing = true;
    this.#closing += 1;
    this.#options.files.sync(segment.file, (error) => {
      this.#syncing = false;
      if (error !== null) this.#options.onFault(error);
      this.#settle();
    });
  }

  /** Ends the segment: it is synced, closed and renamed outside the hot path. */
  #rotate(): void {
    const segment = this.#segment;
    this.#segment = undefined;
    if (segment === undefined) return;
    this.#sealAs(segment);
    this.#closing += 1;
    this.#options.files.sync(segment.file, (error) => {
      if (error !== null) this.#options.onFault(error);
      this.#name(segment);
      this.#settle();
    });
  }

  #sealAs(segment: Segment): void {
    try {
      this.#writeAll(segment.file, this.#encoder.takeSeal(segment.calls));
      segment.sealed = true;
    } catch {
      this.#cutBack(segment);
    }
  }

  #name(segment: Segment): void {
    const path = join(this.#options.folder, segment.id);
    const { files } = this.#options;
    try {
      this.#rename(segment, path);
      files.close(segment.file);
      this.#options.onClosed(segment.id, segment.sealed);
    } catch (error) {
      this.#options.onFault(error);
    }
  }

  /** If the file was removed while it was written, its content still exists while it is open. */
  #rename(segment: Segment, path: string): void {
    const { files } = this.#options;
    try {
      files.rename(path + openSuffix, path + closedSuffix);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || files.rescue === undefined) throw error;
      files.rescue(segment.file, path + openSuffix);
      files.rename(path + openSuffix, path + closedSuffix);
    }
  }

  #settle(): void {
    this.#closing -= 1;
    if (this.#closing === 0) this.#whenClosed?.();
  }
}
