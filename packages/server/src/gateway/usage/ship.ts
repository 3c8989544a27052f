/**
 * Sends closed segments to control. Control accepts the id of a segment once, and its file is removed only after control
 * confirms it. Segments of an earlier process are found at the start and sent like the others.
 */
import { readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { sleep, type Clock } from '../../kernel/clock.ts';
import { isOutOfDescriptors } from '../../kernel/descriptors.ts';
import type { Log } from '../../kernel/log.ts';
import type { Random } from '../../kernel/random.ts';
import { addUp, type Reading } from './record.ts';
import { closedSuffix, openSuffix } from './segment.ts';

const compress = promisify(gzip);
const putTimeoutMs = 30_000;
const backoffFirstMs = 100;
const backoffMaxMs = 3000;
const parallel = 2;
/** Answers of control that refuse a batch permanently. After any other failure the batch may be accepted later. */
const refusals = new Set([400, 413, 422]);
const refusedSuffix = '.refused';
const damagedSuffix = '.damaged';
/** For a segment that a dead process or thread left open: its last frame may be cut off. */
const cutSuffix = '.cut';
/** The name of a boot begins with this if its closed segments end with a seal. Segments of 0.1.0 have none. */
export const sealingBoot = 's';
const promisesSeal = /-s[0-9a-f]{12}-\d+-\d+$/;

export interface ShipperOptions {
  readonly folder: string;
  readonly controlUrl: string;
  readonly nodeToken: string;
}

interface Waiting {
  readonly bytes: number;
  readonly suffix: string;
  /** The segment must end with a seal, otherwise it is damaged. */
  readonly mustBeSealed: boolean;
  /** A segment that the disk refused, and the function to call when it is finished. */
  readonly held: { readonly content: Buffer; readonly done: () => void } | undefined;
}

export interface ShipperDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly fetch: typeof fetch;
}

export class Shipper {
  /** Calls of this process that control has accepted, and segments that it refused permanently. */
  callsShipped = 0;
  refused = 0;
  /** Damaged segments, including those in the folder. Their readable part is counted, and the files are kept. */
  damaged = 0;
  /** Segments that were removed before control had them. */
  missing = 0;
  readonly #options: ShipperOptions;
  readonly #deps: ShipperDeps;
  readonly #abort = new AbortController();
  /** Waiting segments by id, including those in progress. The queue holds those that are not being sent now. */
  readonly #waiting = new Map<string, Waiting>();
  #queue: string[] = [];
  #failures = 0;
  #wake: (() => void)[] = [];

  constructor(options: ShipperOptions, deps: ShipperDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  get segments(): number {
    return this.#waiting.size;
  }

  get bytes(): number {
    let sum = 0;
    for (const { bytes } of this.#waiting.values()) sum += bytes;
    return sum;
  }

  /** Adds all segments in the folder that no process or thread writes: those of earlier processes, or of a dead thread. */
  recover(prefix: string): void {
    for (const name of this.#names()) {
      if (!name.startsWith(prefix)) continue;
      if (name.endsWith(refusedSuffix)) this.refused += 1;
      else if (name.endsWith(damagedSuffix)) this.damaged += 1;
      else if (name.endsWith(openSuffix)) this.#takeUp(name.slice(0, -openSuffix.length));
      else if (name.endsWith(cutSuffix)) this.#add(name.slice(0, -cutSuffix.length), cutSuffix, false);
      else if (name.endsWith(closedSuffix)) {
        const id = name.slice(0, -closedSuffix.length);
        this.#add(id, closedSuffix, promisesSeal.test(id));
      }
    }
  }

  /** A segment has been closed. Not `sealed`: the disk accepted its calls, but not the seal. */
  add(id: string, sealed = false): void {
    this.#add(id, closedSuffix, sealed);
  }

  /** A segment that the disk refused. `done` is called when control has it, or refuses it permanently. */
  hold(id: string, content: Uint8Array, done: () => void): void {
    this.#enter(id, {
      bytes: content.length,
      suffix: closedSuffix,
      mustBeSealed: true,
      held: { content: Buffer.from(content), done },
    });
  }

  #names(): string[] {
    try {
      return readdirSync(this.#options.folder);
    } catch (error) {
      this.#deps.log.error({ error: String(error) }, 'the folder of usage cannot be read');
      return [];
    }
  }

  #takeUp(id: string): void {
    try {
      renameSync(this.#path(id, openSuffix), this.#path(id, cutSuffix));
      this.#add(id, cutSuffix, false);
    } catch (error) {
      this.#deps.log.error({ segment: id, error: String(error) }, 'a segment of usage cannot be read');
    }
  }

  #add(id: string, suffix: string, mustBeSealed: boolean): void {
    const bytes = statSync(this.#path(id, suffix), { throwIfNoEntry: false })?.size ?? 0;
    this.#enter(id, { bytes, suffix, mustBeSealed, held: undefined });
  }

  #enter(id: string, waiting: Waiting): void {
    if (this.#waiting.has(id)) return;
    this.#waiting.set(id, waiting);
    this.#queue.push(id);
    this.#wakeAll();
  }

  /** Ships until `stop`. Never rejects. */
  async run(): Promise<void> {
    await Promise.all(Array.from({ length: parallel }, () => this.#shipOneByOne()));
  }

  /** Resolves when all segments are sent, or control does not accept them, or the time is over. */
  async flush(timeoutMs: number): Promise<void> {
    const until = this.#deps.clock.monotonic() + timeoutMs;
    while (this.#waiting.size > 0 && this.#failures === 0 && this.#deps.clock.monotonic() < until) {
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

  /** Returns whether the segment is finished. */
  async #tried(id: string): Promise<boolean> {
    const waiting = this.#waiting.get(id);
    if (waiting === undefined) return true;
    try {
      await this.#ship(id, waiting);
      this.#waiting.delete(id);
      waiting.held?.done();
      this.#failures = 0;
      return true;
    } catch (error) {
      if (this.#abort.signal.aborted) return false;
      if (this.#failures === 0) this.#deps.log.warn({ segment: id, error: String(error) }, 'usage waits for control');
      return false;
    }
  }

  async #ship(id: string, waiting: Waiting): Promise<void> {
    const content = waiting.held?.content ?? (await this.#read(id, waiting));
    if (content === undefined) return;
    const reading = addUp(content);
    const { rows, calls } = reading;
    const status = rows.length === 0 ? 200 : await this.#put(id, JSON.stringify({ segment: id, rows }));
    if (refusals.has(status)) return this.#setAside(id, waiting, status);
    if (status < 200 || status > 299) throw new Error(`control answered ${status}`);
    this.callsShipped += calls;
    return this.#settle(id, waiting, reading);
  }

  /** Undefined: the file is absent or cannot be read. Neither may delay the segments behind it. Throws if another attempt may read it. */
  async #read(id: string, { suffix }: Waiting): Promise<Buffer | undefined> {
    try {
      return await readFile(this.#path(id, suffix));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
        this.missing += 1;
        this.#deps.log.error(
          { segment: id },
          'a segment of usage was removed before control had it: its calls are lost',
        );
      } else if (isOutOfDescriptors(error)) throw error;
      else this.#keepDamaged(id, suffix, `it cannot be read: ${String(error)}`, 0);
      return undefined;
    }
  }

  /** Control has the readable part. */
  #settle(id: string, { suffix, mustBeSealed }: Waiting, { torn, damaged, sealed, calls }: Reading): void {
    const lacksEnd = mustBeSealed && !sealed;
    if (damaged || lacksEnd)
      return this.#keepDamaged(id, suffix, damaged ? 'a frame is damaged' : 'its end is missing', calls);
    if (torn) this.#deps.log.warn({ segment: id }, 'the end of a segment is torn: its calls were never answered');
    return rmSync(this.#path(id, suffix), { force: true });
  }

  #keepDamaged(id: string, suffix: string, reason: string, calls: number): void {
    this.damaged += 1;
    this.#deps.log.error(
      { segment: id, reason, calls_counted: calls },
      'a segment of usage is damaged: answered calls in it may be missing; it is kept as .damaged',
    );
    this.#moveTo(id, suffix, damagedSuffix);
  }

  #moveTo(id: string, suffix: string, to: string): void {
    try {
      renameSync(this.#path(id, suffix), this.#path(id, to));
    } catch (error) {
      this.#deps.log.error({ segment: id, error: String(error) }, 'a segment cannot be renamed');
    }
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

  /** Kept on disk under another name, so that it is not lost and does not delay the segments behind it. */
  #setAside(id: string, { suffix, held }: Waiting, status: number): void {
    this.refused += 1;
    this.#deps.log.error({ segment: id, status }, 'control refuses a segment permanently; it is kept as .refused');
    if (held === undefined) return this.#moveTo(id, suffix, refusedSuffix);
    try {
      writeFileSync(this.#path(id, refusedSuffix), held.content, { mode: 0o600 });
    } catch (error) {
      this.#deps.log.error({ segment: id, error: String(error) }, 'a refused segment cannot be kept: the disk is full');
    }
    return undefined;
  }

  async #backOff(): Promise<void> {
    const ceiling = Math.min(backoffMaxMs, backoffFirstMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    const [chance = 0] = this.#deps.random.bytes(1);
    await sleep(this.#deps.clock, (ceiling * (chance + 1)) / 256, this.#abort.signal).catch(() => undefined);
  }

  #path(id: string, suffix: string): string {
    return join(this.#options.folder, id + suffix);
  }
}
