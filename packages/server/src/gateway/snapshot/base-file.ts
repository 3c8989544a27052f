/** A base while it is being written. It has another name until it is complete and synced. */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { copyFile, open, rename } from 'node:fs/promises';
import { syncFolder } from '../durable.ts';
import { AnswerEncoder, encodeCommit, formatNow, type DiskLine } from './disk-lines.ts';
import type { End } from './end-mark.ts';
import { baseKinds, type SnapshotFolder } from './folder.ts';

export class BaseFile {
  bytes = 0;
  readonly #path: string;
  readonly #file: number;
  readonly #encoder = new AnswerEncoder();

  constructor(path: string) {
    this.#path = path;
    this.#file = openSync(`${path}.new`, 'w', 0o600);
  }

  write(lines: readonly DiskLine[]): void {
    this.#orRemove(() => {
      for (const piece of this.#encoder.lines(lines)) this.#write(piece);
    });
  }

  /** Completes the file and gives it its name. `endAfter` computes the end of the chain from the digest of its lines. */
  finish(number: number, endAfter: (sum: string) => End): End {
    const sum = this.#encoder.sum();
    const end = endAfter(sum);
    this.#orRemove(() => {
      this.#write(encodeCommit({ ...end, full: true, format: formatNow, number, after: '', sum }));
      fsyncSync(this.#file);
    });
    closeSync(this.#file);
    renameSync(`${this.#path}.new`, this.#path);
    return end;
  }

  #write(bytes: Buffer): void {
    for (let at = 0; at < bytes.length;) at += writeSync(this.#file, bytes, at);
    this.bytes += bytes.length;
  }

  #orRemove(work: () => void): void {
    try {
      work();
    } catch (error) {
      closeSync(this.#file);
      rmSync(`${this.#path}.new`, { force: true });
      throw error;
    }
  }
}

/** Makes the missing copies of a base, so that there are three complete states from the first day. */
export async function copyBase(folder: SnapshotFolder, number: number): Promise<void> {
  const [base, ...copies] = baseKinds;
  for (const kind of copies) {
    const path = folder.file(kind, number);
    if (folder.size(kind, number) > 0) continue;
    await copyFile(folder.file(base, number), `${path}.new`);
    const file = await open(`${path}.new`, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
  }
  syncFolder(folder.path);
}
