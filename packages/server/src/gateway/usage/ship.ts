/**
 * Brings closed segments to control. A segment's id is the key under which control takes it once; its file is removed only
 * after control said so. What an earlier process left is found at the start and shipped like the rest.
 */
import { readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { sleep, type Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Random } from '../../kernel/random.ts';
import { addUp } from './record.ts';
import { closedSuffix, openSuffix } from './segment.ts';

const compress = promisify(gzip);
const putTimeoutMs = 30_000;
const backoffFirstMs = 100;
const backoffMaxMs = 3000;
const parallel = 2;
/** What control says of a batch that it will never take. Everything else may become good by itself. */
const refusals = new Set([400, 413, 422]);
const refusedSuffix = '.refused';

export interface ShipperOptions {
  readonly folder: string;
  readonly controlUrl: string;
  readonly nodeToken: string;
}

export interface ShipperDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly fetch: typeof fetch;
}

export class Shipper {
  /** Calls that control has taken from this process, and segments that it refused for good. */
  callsShipped = 0;
  refused = 0;
  readonly #options: ShipperOptions;
  readonly #deps: ShipperDeps;
  readonly #abort = new AbortController();
  /** Bytes by id, the ones under way included; the queue holds those that wait. */
  readonly #sizes = new Map<string, number>();
  #queue: string[] = [];
  #failures = 0;
  #wake: (() => void)[] = [];

  constructor(options: ShipperOptions, deps: ShipperDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  get segments(): number {
    return this.#sizes.size;
  }

  get bytes(): number {
    let sum = 0;
    for (const size of this.#sizes.values()) sum += size;
    return sum;
  }

  /** Takes up all segments in the folder that nobody writes any more: those of earlier processes, or of a dead thread. */
  recover(prefix: string): void {
    for (const name of readdirSync(this.#options.folder)) {
      if (!name.startsWith(prefix)) continue;
      if (name.endsWith(refusedSuffix)) this.refused += 1;
      if (name.endsWith(openSuffix)) {
        const id = name.slice(0, -openSuffix.length);
        renameSync(join(this.#options.folder, name), this.#path(id));
        this.add(id);
      } else if (name.endsWith(closedSuffix)) this.add(name.slice(0, -closedSuffix.length));
    }
  }

  /** A segment has been closed. */
  add(id: string): void {
    if (this.#sizes.has(id)) return;
    this.#sizes.set(id, statSync(this.#path(id), { throwIfNoEntry: false })?.size ?? 0);
    this.#queue.push(id);
    this.#wakeAll();
  }

  /** Ships until `stop`. Never rejects. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: parallel }, () => this.#shipOneByOne()));
  }

  /** Resolves when all is shipped, or control does not take it, or the time is up. */
  async flush(timeoutMs: number): Promise<void> {
    const until = this.#deps.clock.monotonic() + timeoutMs;
    while (this.#sizes.size > 0 && this.#failures === 0 && this.#deps.clock.monotonic() < until) {
      await sleep(this.#deps.clock, 20);
    }
  }

  stop(): void {
    this.#abort.abort(new Error('stopped'));
    this.#wakeAll();
  }

  async #shipOneByOne(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      const id = this.#queue.shift();
      if (id === undefined) await new Promise<void>((resolve) => this.#wake.push(resolve));
      else if (!(await this.#tried(id))) {
        this.#queue.push(id);
        await this.#backOff();
      }
    }
  }

  #wakeAll(): void {
    const waiting = this.#wake;
    this.#wake = [];
    for (const wake of waiting) wake();
  }

  /** Whether the segment is done with. */
  async #tried(id: string): Promise<boolean> {
    try {
      await this.#ship(id);
      this.#sizes.delete(id);
      this.#failures = 0;
      return true;
    } catch (error) {
      if (this.#abort.signal.aborted) return false;
      if (this.#failures === 0) this.#deps.log.warn({ segment: id, error: String(error) }, 'usage waits for control');
      return false;
    }
  }

  async #ship(id: string): Promise<void> {
    const { rows, calls, torn } = addUp(await readFile(this.#path(id)));
    if (torn) this.#deps.log.warn({ segment: id }, 'the end of a segment is torn: its calls were never answered');
    if (rows.length === 0) return rmSync(this.#path(id), { force: true });
    const status = await this.#put(id, JSON.stringify({ segment: id, rows }));
    if (refusals.has(status)) return this.#setAside(id, status);
    if (status < 200 || status > 299) throw new Error(`control answered ${status}`);
    this.callsShipped += calls;
    return rmSync(this.#path(id), { force: true });
  }

  async #put(id: string, body: string): Promise<number> {
    const { controlUrl, nodeToken } = this.#options;
    const timeout = new AbortController();
    const timer = this.#deps.clock.after(putTimeoutMs, () => timeout.abort(new Error('control is silent')));
    try {
      const response = await this.#deps.fetch(new URL(`/internal/v1/usage/${id}`, controlUrl), {
        method: 'PUT',
        headers: {
          authorization: `Bearer ${nodeToken}`,
          'content-type': 'application/json',
          'content-encoding': 'gzip',
        },
        body: await compress(body),
        signal: AbortSignal.any([this.#abort.signal, timeout.signal]),
      });
      await response.body?.cancel();
      return response.status;
    } finally {
      timer.cancel();
    }
  }

  /** Kept on disk under another name, so that it is neither lost nor in the way of those behind it. */
  #setAside(id: string, status: number): void {
    renameSync(this.#path(id), join(this.#options.folder, id + refusedSuffix));
    this.refused += 1;
    this.#deps.log.error({ segment: id, status }, 'control refuses a segment for good; it is kept as .refused');
  }

  async #backOff(): Promise<void> {
    const ceiling = Math.min(backoffMaxMs, backoffFirstMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    const [chance = 0] = this.#deps.random.bytes(1);
    await sleep(this.#deps.clock, (ceiling * (chance + 1)) / 256, this.#abort.signal).catch(() => undefined);
  }

  #path(id: string): string {
    return join(this.#options.folder, id + closedSuffix);
  }
}
