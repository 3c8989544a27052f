/** A request that is refused to protect others: too many requests, too many concurrent ones, or no room. It is expected, and no failure. */
import { Problem } from '@tulou/contract';

export type RefusalCode = 'too_many_requests' | 'too_many_at_once' | 'unavailable';

export class Refusal extends Problem {
  /** `Retry-After`, and `RateLimit` and its policy where a rate was the reason. */
  readonly headers: Readonly<Record<string, string>>;
  readonly waitMs: number;

  constructor(code: RefusalCode, waitMs: number, detail: string, headers: Readonly<Record<string, string>> = {}) {
    super(code, { detail });
    this.waitMs = waitMs;
    this.headers = { ...headers, 'retry-after': secondsOf(waitMs) };
  }
}

/** Whole seconds, never too early, at least one (RFC 9110 §10.2.3). */
export const secondsOf = (waitMs: number): string => String(Math.max(1, Math.ceil(waitMs / 1000)));
