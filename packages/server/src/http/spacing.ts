/**
 * The refusals of one address are spaced. A client that repeats refused requests as fast as it can costs the event loop as much
 * as one that is served; a refusal that waits costs a timer. A client that respects `Retry-After` notices no delay.
 */
import type { Clock } from '../kernel/clock.ts';
import { sleep } from '../kernel/clock.ts';

export interface SpacingBounds {
  /** Refusals that one key is sent per second; others wait for their turn. */
  readonly perSecond: number;
  /** Refusals without delay after silence. */
  readonly burst: number;
  /** The longest delay. */
  readonly delayMsMax: number;
  /** Refusals that wait, of all keys; the next one is sent without delay. */
  readonly waitingMax: number;
  /** Keys in memory; the one that was used longest ago is forgotten first. */
  readonly keysMax: number;
}

export class Spacing {
  readonly #bounds: SpacingBounds;
  readonly #clock: Clock;
  readonly #periodMs: number;
  /** When the last refusal of a key was or will be sent. */
  readonly #turns = new Map<string, number>();
  #waiting = 0;

  constructor(bounds: SpacingBounds, clock: Clock) {
    this.#bounds = bounds;
    this.#clock = clock;
    this.#periodMs = 1000 / bounds.perSecond;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves when a refusal may be sent to this key. */
  async turn(key: string): Promise<void> {
    const delayMs = this.#take(key);
    if (delayMs <= 0 || this.#waiting >= this.#bounds.waitingMax) return;
    this.#waiting += 1;
    await sleep(this.#clock, delayMs);
    this.#waiting -= 1;
  }

  #take(key: string): number {
    const { burst, delayMsMax, keysMax } = this.#bounds;
    const now = this.#clock.monotonic();
    const earliest = now - (burst - 1) * this.#periodMs;
    const next = (this.#turns.get(key) ?? -Infinity) + this.#periodMs;
    const turn = Math.min(now + delayMsMax, Math.max(earliest, next));
    this.#turns.delete(key);
    this.#turns.set(key, turn);
    const [oldest] = this.#turns.keys();
    if (this.#turns.size > keysMax && oldest !== undefined) this.#turns.delete(oldest);
    return turn - now;
  }
}
