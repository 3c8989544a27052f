/**
 * One thread's records of single calls, until the main thread takes them. The log holds the records of a short time. It
 * counts every call without a record, and no call waits for it.
 */
import type { CallRecord, CallsLeftOut } from '@tulou/contract';
import type { Clock, Timer } from '../../kernel/clock.ts';
import { CallSample, sampleBounds, type SampleBounds } from './sample.ts';

/** The records that a thread sends to the main thread in one message. */
export interface CallsTaken {
  readonly calls: readonly CallRecord[];
  readonly leftOut: readonly CallsLeftOut[];
}

const flushEveryMs = 250;
/** Counts of calls without a record are sent once a minute: they are statistics and not urgent. */
const leftOutEveryMs = 60_000;
const leftOutTenantsMax = 10_000;

export interface CallLogOptions {
  readonly threads: number;
  readonly clock: Clock;
  readonly tell: (taken: CallsTaken) => void;
  readonly bounds?: SampleBounds;
}

export class CallLog {
  readonly #options: CallLogOptions;
  readonly #sample: CallSample;
  readonly #timer: Timer;
  #calls: CallRecord[] = [];
  readonly #leftOut = new Map<string, number>();
  #toldAtMs: number;

  constructor(options: CallLogOptions) {
    const { clock, threads, bounds = sampleBounds } = options;
    this.#options = options;
    this.#toldAtMs = clock.monotonic();
    this.#sample = new CallSample(bounds, threads, this.#toldAtMs);
    this.#timer = clock.every(flushEveryMs, () => this.flush(false));
  }

  /** Returns whether the record of a call is kept. If not, the call is counted. `consumer` is '' if no credential is valid. */
  keeps(provider: string, consumer: string, isRefused: boolean): boolean {
    if (this.#sample.keeps(provider, consumer, isRefused, this.#options.clock.monotonic())) return true;
    this.#miss(provider);
    if (consumer !== '' && consumer !== provider) this.#miss(consumer);
    return false;
  }

  add(record: CallRecord): void {
    this.#calls.push(record);
  }

  /** Sends the current records. `last`: also sends the counts that are otherwise sent once a minute. */
  flush(last: boolean): void {
    const now = this.#options.clock.monotonic();
    const isDue = last || now - this.#toldAtMs >= leftOutEveryMs;
    const leftOut = isDue ? Array.from(this.#leftOut, ([tenant, calls]) => ({ tenant, calls })) : [];
    if (isDue) {
      this.#leftOut.clear();
      this.#toldAtMs = now;
    }
    if (this.#calls.length === 0 && leftOut.length === 0) return;
    this.#options.tell({ calls: this.#calls, leftOut });
    this.#calls = [];
  }

  close(): void {
    this.#timer.cancel();
    this.flush(true);
  }

  #miss(tenant: string): void {
    const known = this.#leftOut.get(tenant);
    if (known !== undefined || this.#leftOut.size < leftOutTenantsMax) this.#leftOut.set(tenant, (known ?? 0) + 1);
  }
}
