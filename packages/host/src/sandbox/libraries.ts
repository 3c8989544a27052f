/** The shared libraries of a program: what a sandbox must contain so that it starts there. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { HostError } from '../host-error.ts';

const run = promisify(execFile);

/** Absolute paths, as the loader finds them. The loader lists them and ends before the program runs (ld.so(8)). */
export async function librariesOf(program: string): Promise<readonly string[]> {
  try {
    const { stdout } = await run(program, [], { env: { LD_TRACE_LOADED_OBJECTS: '1' }, timeout: 10_000 });
    return parseTrace(stdout);
  } catch (error) {
    throw new HostError(`${program} can not be loaded.`, 'Install its shared libraries.', error);
  }
}

/** `libm.so.6 => /lib/…/libm.so.6 (0x…)` and `/lib64/ld-linux-x86-64.so.2 (0x…)`. The kernel's own has no path. */
export function parseTrace(text: string): string[] {
  const paths = text.split('\n').flatMap((line) => {
    const [, path] = /(?:=>\s*|^\s*)(\/\S+)\s+\(0x/.exec(line) ?? [];
    return path === undefined ? [] : [path];
  });
  return [...new Set(paths)];
}
