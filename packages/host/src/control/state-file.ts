/** A JSON value on disk that survives a crash at any moment: the old one or the new one is there, never a part. */
import { open, readFile, rename } from 'node:fs/promises';
import type { ZodType } from 'zod';

/** The value. Undefined: no file, or one that the schema rejects. */
export async function readState<T>(path: string, schema: ZodType<T>): Promise<T | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}

export async function writeState(path: string, value: unknown): Promise<void> {
  const file = await open(`${path}.new`, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(value));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
