/**
 * Gets the configuration from control by a long poll of `GET /internal/v1/snapshot`. A new request starts at least every five
 * seconds. After a failure it waits with full jitter, so that a fleet does not return at the same moment.
 */
import { limits, snapshotChange, snapshotHead, type SnapshotChange, type SnapshotHead } from '@tulou/contract';
import { z } from 'zod';
import { sleep, type Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Random } from '../../kernel/random.ts';
import type { Position } from './catalogue.ts';
import { LineSplitter } from './lines.ts';

/** The time for which control may hold an answer. It is also the longest time without a new confirmation. */
const waitMs = 5000;
/** Additional time for control to answer, and for the bytes of a large answer. */
const answerTimeoutMs = 60_000;
const backoffFirstMs = 100;
const backoffMaxMs = 1000;
/** More than the compiler makes. A larger answer is refused as a whole, and the last valid state stays. */
const objectsMax = 5_000_000;

export interface FeedOptions {
  readonly controlUrl: string;
  readonly nodeToken: string;
}

export interface FeedDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly fetch: typeof fetch;
  readonly position: () => Position | undefined;
  /** Takes one whole answer; a text says why it must be discarded. */
  readonly take: (head: SnapshotHead, changes: readonly SnapshotChange[]) => string | undefined;
}

export class Feed {
  /** Monotonic milliseconds of the last valid answer; undefined: none yet. */
  confirmedAtMs: number | undefined = undefined;
  errors = 0;
  readonly #options: FeedOptions;
  readonly #deps: FeedDeps;
  readonly #abort = new AbortController();
  #failures = 0;

  constructor(options: FeedOptions, deps: FeedDeps) {
    this.#options = options;
    this.#deps = deps;
  }

  /** Polls until `stop`. Never rejects. */
  async run(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      try {
        await this.#poll();
        this.#failures = 0;
      } catch (error) {
        if (!this.#abort.signal.aborted) await this.#backOff(error);
      }
    }
  }

  stop(): void {
    this.#abort.abort(new Error('stopped'));
  }

  async #poll(): Promise<void> {
    const deadline = new AbortController();
    const timer = this.#deps.clock.after(waitMs + answerTimeoutMs, () =>
      deadline.abort(new Error('control is silent')),
    );
    try {
      const signal = AbortSignal.any([this.#abort.signal, deadline.signal]);
      const response = await this.#deps.fetch(this.#url(), {
        headers: { authorization: `Bearer ${this.#options.nodeToken}`, accept: 'application/x-ndjson' },
        signal,
      });
      if (response.status !== 200 || response.body === null) {
        await response.body?.cancel();
        throw new Error(`control answered ${response.status}`);
      }
      const answer = await readAnswer(response.body);
      const reason = this.#deps.take(answer.head, answer.changes);
      if (reason !== undefined) throw new Error(`an answer was discarded: ${reason}`);
      this.confirmedAtMs = this.#deps.clock.monotonic();
    } finally {
      timer.cancel();
    }
  }

  #url(): string {
    const url = new URL('/internal/v1/snapshot', this.#options.controlUrl);
    const position = this.#deps.position();
    if (position !== undefined) {
      url.searchParams.set('epoch', position.epoch);
      url.searchParams.set('since', String(position.seq));
      // Control may hold an answer only after it has answered once; the first answer must arrive immediately.
      url.searchParams.set('wait_ms', String(this.#failures === 0 && this.confirmedAtMs !== undefined ? waitMs : 0));
    }
    return url.href;
  }

  async #backOff(reason: unknown): Promise<void> {
    this.errors += 1;
    if (this.#failures === 0)
      this.#deps.log.warn({ error: causeOf(reason) }, 'the configuration cannot be read; the last one stays');
    const ceiling = Math.min(backoffMaxMs, backoffFirstMs * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    const [chance = 0] = this.#deps.random.bytes(1);
    await sleep(this.#deps.clock, (ceiling * (chance + 1)) / 256, this.#abort.signal).catch(() => undefined);
  }
}

/** The message of an error with that of its cause: `fetch failed` alone does not help an operator. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}

const endLine = z.object({ end: z.int() });

/** Reads a whole answer. Throws if it is cut short, has a wrong count, or does not match the contract. */
export async function readAnswer(
  body: AsyncIterable<Uint8Array>,
): Promise<{ head: SnapshotHead; changes: SnapshotChange[] }> {
  const lines = new LineSplitter(limits.snapshotObjectBytesMax * 2);
  const reader = new AnswerReader();
  for await (const piece of body) {
    for (const line of lines.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength))) reader.line(line);
  }
  return reader.whole();
}

class AnswerReader {
  #head: SnapshotHead | undefined;
  readonly #changes: SnapshotChange[] = [];
  #ended = false;

  line(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    if (this.#ended) throw new Error('the answer goes on after its end');
    if (this.#head === undefined) this.#head = snapshotHead.parse(value);
    else if (this.#changes.length < this.#head.count) this.#changes.push(asChange(value));
    else this.#end(endLine.parse(value).end);
    if (this.#changes.length > objectsMax) throw new Error('the answer has too many objects');
  }

  whole(): { head: SnapshotHead; changes: SnapshotChange[] } {
    if (this.#head === undefined || !this.#ended) throw new Error('the answer was cut short');
    return { head: this.#head, changes: this.#changes };
  }

  #end(count: number): void {
    if (count !== this.#changes.length) throw new Error('the answer has another number of changes than it says');
    this.#ended = true;
  }
}

function asChange(value: unknown): SnapshotChange {
  const { seq, kind, key, tenant, object } = snapshotChange.parse(value);
  return { seq, kind, key, tenant, object };
}
