/**
 * The end of the configuration's files, in a small separate file. Without it, files that lost their end would look complete.
 * It is renamed to `behind` when an answer cannot be stored; a full disk allows a rename.
 */
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { z } from 'zod';
import type { Log } from '../../kernel/log.ts';
import { replaceFile } from '../durable.ts';
import { setAside } from '../set-aside.ts';
import { checked, encodeLine } from './disk-lines.ts';
import type { SnapshotFolder } from './folder.ts';

/** The end of a chain of answers. */
export interface End {
  readonly epoch: string;
  readonly seq: number;
  readonly kept: number;
  readonly digest: string;
}

const mark = z.object({ end: z.object({ epoch: z.string(), seq: z.int(), kept: z.int(), digest: z.string() }) });

export function writeEndMark(folder: SnapshotFolder, end: End): void {
  for (const path of folder.endMarks) replaceFile(path, encodeLine({ end }));
}

/** Undefined: there is no readable mark. */
export function readEndMark(folder: SnapshotFolder, log: Log): End | undefined {
  let last: End | undefined;
  for (const path of folder.endMarks) {
    if (!existsSync(path)) continue;
    const end = readMark(path);
    if (end === undefined) setAside(path, 'it is damaged', 'its copy is used', log);
    else if (last === undefined || end.kept > last.kept) last = end;
  }
  return last;
}

function readMark(path: string): End | undefined {
  try {
    const json = checked(Buffer.from(readFileSync(path, 'utf8').trimEnd()));
    return json === undefined ? undefined : mark.parse(JSON.parse(json.toString('utf8'))).end;
  } catch {
    return undefined;
  }
}

/** Records that the gateway has a newer state than its files. A disk that refuses even this leaves the mark unchanged. */
export function markBehind(folder: SnapshotFolder): void {
  const [mark, copy] = folder.endMarks;
  try {
    renameSync(mark, folder.behindMark);
    rmSync(copy, { force: true });
  } catch {
    // The file is absent or read-only. The next full answer corrects this.
  }
}

export const isMarkedBehind = (folder: SnapshotFolder): boolean => existsSync(folder.behindMark);

export function unmarkBehind(folder: SnapshotFolder): void {
  rmSync(folder.behindMark, { recursive: true, force: true });
}
