/**
 * Rates of requests, by a key: a tenant, an address. GCRA (ITU-T I.371): one number a key, exact, and no timer. In the memory of
 * one process; the key that was used longest ago is forgotten first.
 */
import type { Clock } from '../kernel/clock.ts';
import { Refusal, secondsOf } from './refusal.ts';

export interface Rate {
  readonly perSecond: number;
  /** How many may come at once after silence. */
  readonly burst: number;
}

export interface RateOptions extends Rate {
  /** In the fields of answers: `tenant`, `address`. */
  readonly name: string;
  /** In the words of a refusal. */
  readonly what: string;
  /** Keys in memory. */
  readonly keysMax: number;
}

export interface Verdict {
  readonly allowed: boolean;
  readonly remaining: number;
  /** Until one more is allowed; 0 where one is now. */
  readonly waitMs: number;
  /** Until all of the burst is. */
  readonly resetMs: number;
}

export class Rates {
  readonly #options: RateOptions;
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #periodMs: number;
  /** Theoretical arrival times, the one that was used longest ago first. */
  readonly #arrivals = new Map<string, number>();

  constructor(options: RateOptions, clock: Pick<Clock, 'monotonic'>) {
    this.#options = options;
    this.#clock = clock;
    this.#periodMs = 1000 / options.perSecond;
  }

  get keys(): number {
    return this.#arrivals.size;
  }

  /** Counts a request of this cost where it is allowed. A refused one takes nothing. */
  take(key: string, cost = 1): Verdict {
    const verdict = this.#judge(key, cost, cost);
    if (!verdict.allowed) return verdict;
    const now = this.#clock.monotonic();
    const arrival = Math.max(this.#arrivals.get(key) ?? now, now) + this.#within(cost) * this.#periodMs;
    this.#arrivals.delete(key);
    this.#arrivals.set(key, arrival);
    const [oldest] = this.#arrivals.keys();
    if (this.#arrivals.size > this.#options.keysMax && oldest !== undefined) this.#arrivals.delete(oldest);
    return verdict;
  }

  /** The verdict on a request of cost 1, which is not counted. */
  look(key: string): Verdict {
    return this.#judge(key, 1, 0);
  }

  /** A cost above the burst would never be allowed. */
  #within(cost: number): number {
    return Math.min(cost, this.#options.burst);
  }

  #judge(key: string, cost: number, counted: number): Verdict {
    const { burst } = this.#options;
    const [needed, taken] = [this.#within(cost), this.#within(counted)];
    const now = this.#clock.monotonic();
    const aheadMs = Math.max(0, (this.#arrivals.get(key) ?? now) - now);
    const used = aheadMs / this.#periodMs;
    // A part of a period that is lost to rounding must not cost a request.
    const allowed = used + needed <= burst + 1e-6;
    const remaining = Math.max(0, Math.floor(burst - used - (allowed ? taken : 0) + 1e-6));
    return {
      allowed,
      remaining,
      waitMs: allowed ? 0 : aheadMs - (burst - needed) * this.#periodMs,
      resetMs: aheadMs + (allowed ? taken * this.#periodMs : 0),
    };
  }

  /** Counts it, or throws a refusal that says when to come again. Returns the fields of the answer. */
  hold(key: string, cost = 1): Readonly<Record<string, string>> {
    const verdict = this.take(key, cost);
    if (verdict.allowed) return this.fields(verdict);
    throw this.refusal(verdict);
  }

  refusal(verdict: Verdict): Refusal {
    const { what } = this.#options;
    return new Refusal('too_many_requests', verdict.waitMs, `too many ${what}`, this.fields(verdict));
  }

  /** `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10: `q` in `w` seconds, `r` left, `t` seconds. */
  fields({ allowed, remaining, waitMs, resetMs }: Verdict): Readonly<Record<string, string>> {
    const { name, burst, perSecond } = this.#options;
    const seconds = allowed ? Math.ceil(resetMs / 1000) : secondsOf(waitMs);
    return {
      'ratelimit-policy': `"${name}";q=${burst};w=${Math.max(1, Math.round(burst / perSecond))}`,
      ratelimit: `"${name}";r=${remaining};t=${seconds}`,
    };
  }
}
