/** The file descriptors of this process. Node names their end as such only where a call asks for a descriptor itself. */
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';

const codes: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE']);

/** For the log of a listener that cannot accept: what happens, then what to do. */
export const outOfDescriptors =
  'no file descriptor is left: new connections are dropped. Raise the limit of open files (`ulimit -n`, LimitNOFILE)';

/** Whether the call failed because the process or the system had no descriptor left. */
export const isOutOfDescriptors = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && codes.has(error.code);

/**
 * Whether a descriptor can be had now. The resolver reports an unknown host and a thread an unknown fault when they cannot
 * open their files: their callers ask here before they blame another party.
 */
export function hasDescriptors(): boolean {
  try {
    closeSync(openSync(devNull, 'r'));
    return true;
  } catch (error) {
    return !isOutOfDescriptors(error);
  }
}
