/**
 * Sends the threads' records of calls to control in batches, separately from usage. The records are in a ring: while control
 * is unavailable, the oldest are dropped and counted. They are never on disk, and nothing waits for them.
 */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { limits, type CallBatch, type CallRecord, type CallsLeftOut } from '@tulou/contract';
import { sleep, type Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { CallsTaken } from './log.ts';

const compress = promisify(gzip);

export interface CallShipperOptions {
  readonly controlUrl: string;
  readonly nodeToken: string;
  /** `<gateway>-<boot>`: with a number after it, the name of a batch. */
  readonly prefix: string;
  /** Records that wait for control. */
  readonly waitingMax: number;
}

export interface CallShipperDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly fetch: typeof fetch;
}

/** About ten megabytes. */
export const callsWaitingMax = 20_000;
const pauseMs = 250;
const retryMs = 2000;
const timeoutMs = 10_000;
const leftOutTenantsMax = 10_000;
/** Answers of control that refuse a batch permanently. */
const refusals = new Set([400, 413, 422]);

export class CallShipper {
  /** Counts of records that control has accepted, and of calls whose record was not kept or not delivered. */
  shipped = 0;
  leftOut = 0;
  readonly #options: CallShipperOptions;
  readonly #deps: CallShipperDeps;
  readonly #abort = new AbortController();
  readonly #waiting: CallRecord[] = [];
  readonly #leftOut = new Map<string, number>();
  #underWay: CallBatch | undefined;
  #batches = 0;
  #failed = false;
  #wake: (() => void) | undefined;

  constructor(options: CallShipperOptions, deps: CallShipperDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  get waiting(): number {
    return this.#waiting.length + (this.#underWay?.calls.length ?? 0);
  }

  take({ calls, leftOut }: CallsTaken): void {
    for (const { tenant, calls: some } of leftOut) this.#miss(tenant, some);
    for (const call of calls) this.#waiting.push(call);
    const tooMany = this.#waiting.length - this.#options.waitingMax;
    if (tooMany > 0) for (const call of this.#waiting.splice(0, tooMany)) this.#missCall(call);
    this.#wake?.();
  }

  /** Ships until `stop`. Never rejects. */
  async run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      if (!this.#hasMore) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        this.#wake = undefined;
      }
      if (this.#abort.signal.aborted) return;
      const isTaken = await this.#ship();
      await sleep(this.#deps.clock, isTaken ? pauseMs : retryMs, this.#abort.signal).catch(() => undefined);
    }
  }

  /** Makes one last attempt with the current records. */
  async close(): Promise<void> {
    this.#abort.abort(new Error('stopped'));
    this.#wake?.();
    if (!this.#failed && this.#hasMore) await this.#ship();
  }

  get #hasMore(): boolean {
    return this.#underWay !== undefined || this.#waiting.length > 0 || this.#leftOut.size > 0;
  }

  /** Sends the oldest records. The batch stays the same until control has answered for it. Returns whether control answered. */
  async #ship(): Promise<boolean> {
    const batch = (this.#underWay ??= this.#nextBatch());
    try {
      const status = await this.#put(batch);
      if (status > 299 && !refusals.has(status)) throw new Error(`control answered ${status}`);
      this.#underWay = undefined;
      this.#failed = false;
      if (!refusals.has(status)) this.shipped += batch.calls.length;
      else {
        this.#deps.log.error({ batch: batch.batch, status }, 'control refuses records of calls');
        for (const call of batch.calls) this.#missCall(call);
      }
      return true;
    } catch (error) {
      if (!this.#failed) this.#deps.log.warn({ error: String(error) }, 'records of calls wait for control');
      this.#failed = true;
      return false;
    }
  }

  #nextBatch(): CallBatch {
    this.#batches += 1;
    const left_out = Array.from(this.#leftOut, ([tenant, calls]): CallsLeftOut => ({ tenant, calls }));
    this.#leftOut.clear();
    const calls = this.#waiting.splice(0, limits.callBatchRecordsMax);
    return { batch: `${this.#options.prefix}-${this.#batches}`, calls, left_out };
  }

  async #put(body: CallBatch): Promise<number> {
    const { controlUrl, nodeToken } = this.#options;
    const timeout = new AbortController();
    const timer = this.#deps.clock.after(timeoutMs, () => timeout.abort(new Error('control is silent')));
    try {
      const response = await this.#deps.fetch(new URL(`/internal/v1/calls/${body.batch}`, controlUrl), {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${nodeToken}`,
          'content-type': 'application/json',
          'content-encoding': 'gzip',
        },
        body: await compress(JSON.stringify(body)),
        signal: timeout.signal,
      });
      await response.body?.cancel();
      return response.status;
    } finally {
      timer.cancel();
    }
  }

  #missCall({ provider, consumer }: CallRecord): void {
    this.#miss(provider, 1);
    if (consumer !== null && consumer !== provider) this.#miss(consumer, 1);
  }

  #miss(tenant: string, calls: number): void {
    this.leftOut += calls;
    const known = this.#leftOut.get(tenant);
    if (known !== undefined || this.#leftOut.size < leftOutTenantsMax) this.#leftOut.set(tenant, (known ?? 0) + calls);
  }
}
