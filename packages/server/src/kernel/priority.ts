/** Priority of threads, on Linux: other systems give one priority to a whole process, and there nothing changes. */
import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/**
 * Gives this thread a low priority, for work whose caller can wait. It gets about a tenth of a core while threads that serve
 * requests need all of it, otherwise as much as it needs. Linux counts a thread as a process here (setpriority(2), “C
 * library/kernel differences”).
 */
export function yieldToOthers(): void {
  const thread = ownThread();
  if (thread !== undefined) setPriority(thread, constants.priority.PRIORITY_BELOW_NORMAL);
}

/** The nice value of this thread; undefined where threads have none. */
export function ownPriority(): number | undefined {
  const thread = ownThread();
  return thread === undefined ? undefined : getPriority(thread);
}

/** A synchronous call runs on the thread that makes it, so that `thread-self` names that one: `<process>/task/<thread>`. */
function ownThread(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
}
