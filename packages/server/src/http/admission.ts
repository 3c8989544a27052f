import { Problem } from '@tulou/contract';

/**
 * Bounds concurrent requests. `enter` returns the function to call at the end, or throws `unavailable`: a rejected client retries
 * after the time in `Retry-After`.
 */
export function openAdmission(insideMax: number, what: string): { enter(): () => void } {
  let inside = 0;
  return {
    enter() {
      if (inside >= insideMax) throw new Problem('unavailable', { detail: `too many concurrent ${what}` });
      inside += 1;
      return () => void (inside -= 1);
    },
  };
}
