/** The fleet key on this gateway's disk. With it, a gateway that starts without control can verify HMAC signatures and nonces. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../kernel/log.ts';
import { replaceFile } from './durable.ts';
import { setAside } from './set-aside.ts';

const fileName = 'fleet.key';
/** The file needs no checksum: a wrong key of this shape verifies nothing, and control replaces it. */
const shape = /^[\w-]{43}$/;

/** Undefined: this gateway has no key yet, and control will give it one. A damaged file is set aside. */
export function readFleetKey(folder: string, log: Log): Buffer | undefined {
  const path = join(folder, fileName);
  try {
    const text = readFileSync(path, 'utf8').trim();
    if (shape.test(text)) return Buffer.from(text, 'base64url');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
  }
  setAside(path, 'it is damaged', 'control is asked for the fleet key', log);
  return undefined;
}

export function keepFleetKey(folder: string, key: Buffer): void {
  replaceFile(join(folder, fileName), `${key.toString('base64url')}\n`);
}
