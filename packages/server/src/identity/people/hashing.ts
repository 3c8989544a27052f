/**
 * The pool in which passwords are hashed. Argon2id takes a core and 19 MiB for tens of milliseconds. Few hashes run
 * concurrently, so that the API keeps its cores and `libuv` its threads. A place is reserved before the database is asked:
 * without a free place the request is refused immediately, known account or not.
 */
import { availableParallelism } from 'node:os';
import type { LaneEvents } from '../../http/lanes.ts';
import { Lanes } from '../../http/lanes.ts';
import { networkOf } from '../../http/network.ts';
import { Refusal } from '../../http/refusal.ts';
import type { Clock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/hash.ts';

/** The origin of a password to hash: each of the three bounds how many may wait. */
export interface HashedFor {
  readonly tenantUuid: string;
  /** The address of the peer. */
  readonly address: string;
  /** An account as it was named; it may not exist. */
  readonly account: string;
}

/** For a person at one of the pages. */
export const hashedFor = (
  { issuer, address }: { readonly issuer: { readonly tenantUuid: string }; readonly address: string },
  account: string,
): HashedFor => ({ tenantUuid: issuer.tenantUuid, address, account });

export interface Place {
  /** Runs in its turn: addresses take turns. */
  hash<T>(work: () => Promise<T>): Promise<T>;
  leave(): void;
}

export interface Hashing {
  /** Throws a refusal where the address, the account or the process has too many on their way. */
  reserve(whose: HashedFor | undefined): Place;
}

const bounds = { reservedMax: 102, addressMax: 16, accountMax: 6, waitMsMax: 60_000 } as const;
const retryMs = 1000;

/** libuv has four threads for this, files and names, unless `UV_THREADPOOL_SIZE` says otherwise: two are left to the others. */
const threadsMax = 2;

/** Half of the cores: the other half is the API's and PostgreSQL's. */
export const hashesAtOnce = (cores = availableParallelism()): number =>
  Math.max(1, Math.min(threadsMax, Math.floor(cores / 2)));

export function openHashing(clock: Clock, atOnceMax = hashesAtOnce(), events: LaneEvents = {}): Hashing {
  const { reservedMax, waitMsMax } = bounds;
  const lanes = new Lanes(
    'sign-ins',
    { atOnceMax, laneAtOnceMax: atOnceMax, waitingMax: reservedMax, laneWaitingMax: reservedMax, waitMsMax },
    clock,
    events,
  );
  const [addresses, accounts] = [new Counted(), new Counted()];
  let reserved = 0;
  const refuse = (code: 'too_many_at_once' | 'unavailable'): never => {
    events.refused?.(code);
    throw new Refusal(code, retryMs, 'too many sign-ins at once');
  };
  return {
    reserve(whose) {
      const network = networkOf(whose?.address ?? '');
      const person = sha256(`${whose?.tenantUuid ?? ''} ${whose?.account ?? ''}`);
      const isFull = addresses.of(network) >= bounds.addressMax || accounts.of(person) >= bounds.accountMax;
      if (whose !== undefined && isFull) return refuse('too_many_at_once');
      if (reserved >= reservedMax) return refuse('unavailable');
      const count = (change: 1 | -1): void => {
        reserved += change;
        if (whose === undefined) return;
        addresses.add(network, change);
        accounts.add(person, change);
      };
      count(1);
      let left = false;
      return {
        async hash(work) {
          const leave = await lanes.enter(`${whose?.tenantUuid ?? ''} ${network}`);
          return work().finally(leave);
        },
        leave() {
          if (!left) count(-1);
          left = true;
        },
      };
    },
  };
}

/** How many of each there are; what is at zero is forgotten. */
class Counted {
  readonly #counts = new Map<string, number>();

  of(key: string): number {
    return this.#counts.get(key) ?? 0;
  }

  add(key: string, change: 1 | -1): void {
    const count = this.of(key) + change;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}
