/**
 * The lane of a credential that was valid a moment ago. It decides about turns and rates only, never about
 * rights: every call is authenticated again. A request must not count for a tenant that its credential only names.
 */
import type { Clock } from '../kernel/clock.ts';
import { sha256 } from '../kernel/hash.ts';

const entriesMax = 20_000;
const keptMs = 5 * 60_000;

export class KnownCallers {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #lanes = new Map<string, { readonly lane: string; readonly untilMs: number }>();

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** `tenant`: as it is written in the path, because a person has a role in each. */
  laneOf(token: string, tenant: string): string | undefined {
    const known = this.#lanes.get(keyOf(token, tenant));
    return known !== undefined && known.untilMs > this.#clock.monotonic() ? known.lane : undefined;
  }

  remember(token: string, tenant: string, lane: string): void {
    const key = keyOf(token, tenant);
    this.#lanes.delete(key);
    this.#lanes.set(key, { lane, untilMs: this.#clock.monotonic() + keptMs });
    const [oldest] = this.#lanes.keys();
    if (this.#lanes.size > entriesMax && oldest !== undefined) this.#lanes.delete(oldest);
  }

  forget(token: string, tenant: string): void {
    this.#lanes.delete(keyOf(token, tenant));
  }
}

const keyOf = (token: string, tenant: string): string => `${sha256(token)} ${tenant}`;
