/** The fleet key on this gateway's disk, so that a gateway that starts without control can verify what needs it. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const fileName = 'fleet.key';

/** Undefined: this gateway has never been given one. */
export function readFleetKey(folder: string): Buffer | undefined {
  try {
    const key = Buffer.from(readFileSync(join(folder, fileName), 'utf8').trim(), 'base64url');
    return key.length === 32 ? key : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Mode 0600. */
export function keepFleetKey(folder: string, key: Buffer): void {
  const path = join(folder, fileName);
  writeFileSync(`${path}.new`, `${key.toString('base64url')}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
}
