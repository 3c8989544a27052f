/** Priority of threads, on Linux: other systems give one priority to a whole process, and there nothing changes. */
import { readlinkSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/**
 * Gives this thread the lowest priority, for work whose caller can wait. It then uses only the processor time that threads
 * which serve requests leave. Linux counts a thread as a process here (setpriority(2), “C library/kernel differences”).
 */
export function yieldToOthers(): void {
  const thread = ownThread();
  if (thread !== undefined) setPriority(thread, constants.priority.PRIORITY_LOW);
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
