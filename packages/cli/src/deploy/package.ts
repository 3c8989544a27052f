/** `package.json`, as far as a deployment reads it. */
import { join } from 'node:path';
import { z } from 'zod';
import { Failure } from '../failure.ts';
import type { Files } from '../io.ts';
import { say } from '../language/say.ts';

const names = z.record(z.string(), z.string()).optional();

const shape = z.object({
  name: z.string().optional(),
  main: z.string().optional(),
  scripts: z.record(z.string(), z.string()).optional(),
  dependencies: names,
  optionalDependencies: names,
  peerDependencies: names,
});
export type PackageFile = z.output<typeof shape>;

/** The file of a folder; undefined if it has none. */
export async function readPackage(folder: string, files: Files): Promise<PackageFile | undefined> {
  const text = await readText(join(folder, 'package.json'), files);
  if (text === undefined) return undefined;
  const parsed = shape.safeParse(tryJson(text));
  if (parsed.success) return parsed.data;
  throw new Failure(say`${join(folder, 'package.json')} cannot be read`, {
    exit: 'data',
    help: 'Correct it: it must be JSON with the fields that npm describes.',
  });
}

/** The text of a file; undefined if there is none. */
export async function readText(path: string, files: Files): Promise<string | undefined> {
  try {
    return await files.readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
    throw error;
  }
}

export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
