/**
 * Shares of a set of connections. Work of one kind takes a part of them at most, so that a table that is locked, or a flood
 * of one kind, leaves connections to all other work.
 */
import { Problem } from '@tulou/contract';
import type { Clock } from '../kernel/clock.ts';

export interface Shares {
  /** Runs `work` when the share has a place. Throws `unavailable` where none becomes free in time. */
  within<T>(share: string, work: () => Promise<T>): Promise<T>;
}

/** How many may wait for a place in one share. */
const waitingMax = 1000;
/** How long a share stays at one place after the database refused its work for time. */
const narrowMs = 5000;
const blockedCodes = new Set(['55P03', '57014', '25P03']);

interface Share {
  running: number;
  /** Until then it has one place: the next piece of work shows whether the lock is released. */
  narrowUntilMs: number;
  readonly waiting: Set<() => void>;
}

/** Each share has a quarter of the places, and at least two where there are four. */
export function openShares(placesMax: number, waitMs: number, clock: Clock): Shares {
  const shares = new Map<string, Share>();
  const usual = Math.max(1, Math.min(Math.max(2, Math.floor(placesMax / 4)), Math.floor(placesMax / 2)));

  const placesOf = (share: Share): number => (clock.monotonic() < share.narrowUntilMs ? 1 : usual);

  function find(name: string): Share {
    const known = shares.get(name);
    if (known !== undefined) return known;
    const made: Share = { running: 0, narrowUntilMs: 0, waiting: new Set() };
    shares.set(name, made);
    return made;
  }

  function enter(share: Share): Promise<void> | undefined {
    if (share.running < placesOf(share)) {
      share.running += 1;
      return undefined;
    }
    if (share.waiting.size >= waitingMax) throw busy();
    return new Promise((resolve, reject) => {
      const take = (): void => {
        timer.cancel();
        share.running += 1;
        resolve();
      };
      const timer = clock.after(waitMs, () => {
        share.waiting.delete(take);
        reject(busy());
      });
      share.waiting.add(take);
    });
  }

  function leave(share: Share): void {
    share.running -= 1;
    for (const take of share.waiting) {
      if (share.running >= placesOf(share)) return;
      share.waiting.delete(take);
      take();
    }
  }

  return {
    async within(name, work) {
      const share = find(name);
      await enter(share);
      try {
        const result = await work();
        share.narrowUntilMs = 0;
        return result;
      } catch (error) {
        if (isBlocked(error)) share.narrowUntilMs = clock.monotonic() + narrowMs;
        throw error;
      } finally {
        leave(share);
      }
    },
  };
}

function isBlocked(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && blockedCodes.has(code);
}

const busy = (): Problem =>
  new Problem('unavailable', { cause: new Error('no connection of this share became free in time') });
