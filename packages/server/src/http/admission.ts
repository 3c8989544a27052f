import { Problem } from '@tulou/contract';

/**
 * Lets so many in at once. `enter` returns what to call at the end, or throws `unavailable`: who is sent away comes again
 * after the time in `Retry-After`, when there is room.
 */
export function openAdmission(insideMax: number, what: string): { enter(): () => void } {
  let inside = 0;
  return {
    enter() {
      if (inside >= insideMax) throw new Problem('unavailable', { detail: `too many ${what} at once` });
      inside += 1;
      return () => void (inside -= 1);
    },
  };
}
