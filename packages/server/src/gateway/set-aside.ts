/**
 * A file that cannot be used must not stop a start, and must not be lost. It is renamed, and the log reports it. The last
 * three of each name are kept.
 */
import { renameSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import type { Log } from '../kernel/log.ts';

const asideSuffix = '.damaged';
const asideMax = 3;

/** Renames `path` to `<path>.damaged`. `reason` and `effect` (what happens instead) are for the operator. */
export function setAside(path: string, reason: string, effect: string, log: Log): void {
  const aside = (n: number): string => `${path}${asideSuffix}${n === 0 ? '' : `-${n}`}`;
  try {
    rmSync(aside(asideMax - 1), { recursive: true, force: true });
    for (let n = asideMax - 2; n >= 0; n -= 1) renameIfThere(aside(n), aside(n + 1));
    renameSync(path, aside(0));
    log.error({ file: basename(path), kept_as: basename(aside(0)), reason }, `a file was set aside: ${effect}`);
  } catch (error) {
    log.error({ file: basename(path), reason, error: String(error) }, `a file cannot be set aside: ${effect}`);
  }
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
