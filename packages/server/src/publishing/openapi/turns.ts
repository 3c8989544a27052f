/**
 * Turns at a bounded number of places, fair between tenants. Each tenant has one turn at a time, and waits for at most one turn
 * of every other tenant. Each tenant has a bound on its waiting tasks, so that it cannot fill the queue.
 */
import { Problem } from '@tulou/contract';

export interface TurnBounds {
  /** Places for all tasks, and additional places for short tasks only. */
  readonly places: number;
  readonly shortPlaces: number;
  readonly waitingPerTenantMax: number;
  readonly waitingMax: number;
}

type Place = 'any' | 'short';

interface Waiting {
  readonly tenant: string;
  readonly isShort: boolean;
  readonly begin: (place: Place) => void;
}

export class Turns {
  readonly #bounds: TurnBounds;
  readonly #running = new Set<string>();
  #taken = 0;
  #shortTaken = 0;
  /** In the order of arrival. When the turn of a tenant ends, its waiting tasks move to the end. */
  #waiting: Waiting[] = [];

  constructor(bounds: TurnBounds) {
    this.#bounds = bounds;
  }

  /** Runs `task` when its turn comes. Throws `unavailable` if too many tasks wait. */
  async take<T>(tenant: string, isShort: boolean, task: () => Promise<T>): Promise<T> {
    const place = this.#placeFor(tenant, isShort) ?? (await this.#wait(tenant, isShort));
    this.#running.add(tenant);
    try {
      return await task();
    } finally {
      this.#end(tenant, place);
    }
  }

  #placeFor(tenant: string, isShort: boolean): Place | undefined {
    if (this.#running.has(tenant)) return undefined;
    if (isShort && this.#shortTaken < this.#bounds.shortPlaces) {
      this.#shortTaken += 1;
      return 'short';
    }
    if (this.#taken >= this.#bounds.places) return undefined;
    this.#taken += 1;
    return 'any';
  }

  async #wait(tenant: string, isShort: boolean): Promise<Place> {
    const own = this.#waiting.filter((one) => one.tenant === tenant).length;
    if (own >= this.#bounds.waitingPerTenantMax || this.#waiting.length >= this.#bounds.waitingMax)
      throw new Problem('unavailable', { detail: 'too many documents wait to be read' });
    return new Promise((resolve) => void this.#waiting.push({ tenant, isShort, begin: resolve }));
  }

  #end(tenant: string, place: Place): void {
    this.#running.delete(tenant);
    if (place === 'short') this.#shortTaken -= 1;
    else this.#taken -= 1;
    this.#waiting = [
      ...this.#waiting.filter((one) => one.tenant !== tenant),
      ...this.#waiting.filter((one) => one.tenant === tenant),
    ];
    for (const one of this.#waiting) {
      const free = this.#placeFor(one.tenant, one.isShort);
      if (free === undefined) continue;
      // Marked as running here: two turns of one tenant must not begin in the same pass.
      this.#running.add(one.tenant);
      this.#waiting = this.#waiting.filter((other) => other !== one);
      one.begin(free);
    }
  }
}
