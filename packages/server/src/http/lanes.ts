/**
 * Fair queueing before work: a bounded number of requests is in work, the others wait in a lane for each tenant or address,
 * and lanes are served in turn, by cost (deficit round robin, Shreedhar and Varghese 1995). In a lane, first come is first
 * served. Everything is bounded: one lane's work, its queue, the whole queue, and the wait.
 */
import type { Clock, Timer } from '../kernel/clock.ts';
import { Refusal } from './refusal.ts';

export interface LaneBounds {
  readonly atOnceMax: number;
  readonly laneAtOnceMax: number;
  readonly waitingMax: number;
  readonly laneWaitingMax: number;
  readonly waitMsMax: number;
}

/** Gives the place back. A second call does nothing. */
export type Leave = () => void;

export interface LaneEvents {
  /** Called as often as the number changes. */
  readonly waiting?: (count: number) => void;
  /** How long an admitted request has waited. */
  readonly admitted?: (waitedMs: number) => void;
  readonly refused?: (code: 'too_many_at_once' | 'unavailable') => void;
}

interface Waiter {
  readonly lane: string;
  readonly cost: number;
  readonly begunMs: number;
  readonly admit: () => void;
  readonly refuse: (error: Error) => void;
  readonly timer: Timer;
}

interface Lane {
  working: number;
  deficit: number;
  readonly waiting: Waiter[];
}

/** A place comes back within about as long; nothing better is known. */
const retryMs = 1000;

export class Lanes {
  readonly #bounds: LaneBounds;
  readonly #what: string;
  readonly #clock: Clock;
  readonly #events: LaneEvents;
  /** Lanes with work or waiters. */
  readonly #lanes = new Map<string, Lane>();
  /** Lanes with waiters, in the order of their turns. */
  readonly #turns = new Set<string>();
  #working = 0;
  #waiting = 0;

  /** `what`: in the words of a refusal, as in “too many exports at once”. */
  constructor(what: string, bounds: LaneBounds, clock: Clock, events: LaneEvents = {}) {
    this.#what = what;
    this.#bounds = bounds;
    this.#clock = clock;
    this.#events = events;
  }

  get working(): number {
    return this.#working;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /**
   * Resolves with what to call when the work is done. `cost`: how many turns it takes. Throws a refusal: `too_many_at_once`
   * where the lane's own queue is full, `unavailable` where the whole one is or the wait was too long.
   */
  enter(lane: string, cost = 1, gone?: () => AbortSignal): Promise<Leave> {
    const own = this.#lanes.get(lane);
    const isFree = this.#working < this.#bounds.atOnceMax && (own?.working ?? 0) < this.#bounds.laneAtOnceMax;
    if (isFree && (own?.waiting.length ?? 0) === 0) {
      this.#events.admitted?.(0);
      return Promise.resolve(this.#begin(lane));
    }
    if ((own?.waiting.length ?? 0) >= this.#bounds.laneWaitingMax) return this.#refuse('too_many_at_once');
    if (this.#waiting >= this.#bounds.waitingMax && !this.#displace(lane)) return this.#refuse('unavailable');
    return this.#wait(lane, cost, gone);
  }

  #refuse(code: 'too_many_at_once' | 'unavailable'): Promise<never> {
    return Promise.reject(this.#refusal(code));
  }

  #refusal(code: 'too_many_at_once' | 'unavailable'): Refusal {
    this.#events.refused?.(code);
    return new Refusal(code, retryMs, `too many ${this.#what} at once`);
  }

  #wait(lane: string, cost: number, goneOf: (() => AbortSignal) | undefined): Promise<Leave> {
    const { promise, resolve, reject } = Promise.withResolvers<Leave>();
    const waiter: Waiter = {
      lane,
      cost,
      begunMs: this.#clock.monotonic(),
      admit: () => resolve(this.#begin(lane)),
      refuse: reject,
      timer: this.#clock.after(this.#bounds.waitMsMax, () => this.#drop(waiter, this.#refusal('unavailable'))),
    };
    const own = this.#laneOf(lane);
    own.waiting.push(waiter);
    this.#turns.add(lane);
    this.#count(1);
    const onGone = (): void => this.#drop(waiter, new Refusal('unavailable', retryMs, 'the caller has gone'));
    const gone = goneOf?.();
    gone?.addEventListener('abort', onGone, { once: true });
    if (gone?.aborted === true) onGone();
    return promise;
  }

  /** The lane that waits most gives way to one that waits less: a full queue is its doing. */
  #displace(lane: string): boolean {
    let longest: Lane | undefined;
    for (const name of this.#turns) {
      const one = this.#lanes.get(name);
      if (one !== undefined && one.waiting.length > (longest?.waiting.length ?? 0)) longest = one;
    }
    const last = longest?.waiting.at(-1);
    if (longest === undefined || last === undefined) return false;
    if (longest.waiting.length <= (this.#lanes.get(lane)?.waiting.length ?? 0) + 1) return false;
    this.#drop(last, this.#refusal('unavailable'));
    return true;
  }

  #drop(waiter: Waiter, error: Error): void {
    const own = this.#lanes.get(waiter.lane);
    const at = own?.waiting.indexOf(waiter) ?? -1;
    if (own === undefined || at === -1) return;
    own.waiting.splice(at, 1);
    this.#removed(waiter, own);
    waiter.refuse(error);
  }

  #removed(waiter: Waiter, own: Lane): void {
    waiter.timer.cancel();
    this.#count(-1);
    if (own.waiting.length > 0) return;
    own.deficit = 0;
    this.#turns.delete(waiter.lane);
    if (own.working === 0) this.#lanes.delete(waiter.lane);
  }

  #count(change: number): void {
    this.#waiting += change;
    this.#events.waiting?.(this.#waiting);
  }

  #laneOf(name: string): Lane {
    const known = this.#lanes.get(name);
    if (known !== undefined) return known;
    const made: Lane = { working: 0, deficit: 0, waiting: [] };
    this.#lanes.set(name, made);
    return made;
  }

  #begin(name: string): Leave {
    const own = this.#laneOf(name);
    own.working += 1;
    this.#working += 1;
    let done = false;
    return () => {
      if (done) return;
      done = true;
      own.working -= 1;
      this.#working -= 1;
      if (own.working === 0 && own.waiting.length === 0) this.#lanes.delete(name);
      this.#serve();
    };
  }

  /** Gives free places to the lanes whose turn it is. Each turn is worth one unit of cost. */
  #serve(): void {
    let idle = 0;
    while (this.#working < this.#bounds.atOnceMax && idle < this.#turns.size) {
      const [name] = this.#turns;
      const own = name === undefined ? undefined : this.#lanes.get(name);
      if (name === undefined || own === undefined) return;
      this.#turns.delete(name);
      this.#turns.add(name);
      if (own.working >= this.#bounds.laneAtOnceMax) {
        idle += 1;
        continue;
      }
      idle = 0;
      own.deficit += 1;
      const [first] = own.waiting;
      if (first === undefined || first.cost > own.deficit) continue;
      own.deficit -= first.cost;
      own.waiting.shift();
      this.#removed(first, own);
      this.#events.admitted?.(this.#clock.monotonic() - first.begunMs);
      first.admit();
    }
  }
}
