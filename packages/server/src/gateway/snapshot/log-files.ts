/** A log that is being written, and its copy on the same disk: damage to one of them costs nothing. */
import { closeSync, fdatasync, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const sync = promisify(fdatasync);

export class LogFiles {
  bytes = 0;
  readonly #paths: readonly string[];
  readonly #files: number[] = [];
  #syncing = Promise.resolve();

  /** Makes the files; throws where the disk refuses. */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
    for (const path of paths) this.#files.push(openSync(path, 'a', 0o600));
  }

  /** Writes the pieces into each file. A throw leaves a torn end: nothing more may be written then. */
  append(pieces: readonly Buffer[]): void {
    for (const file of this.#files) for (const piece of pieces) writeAll(file, piece);
    for (const { length } of pieces) this.bytes += length;
  }

  /** Resolves when all that was written before is on the disk. Away from the caller: a slow disk must not hold the feed up. */
  sync(): Promise<void> {
    this.#syncing = this.#syncing.then(async () => {
      for (const file of this.#files) await sync(file);
    });
    return this.#syncing;
  }

  /** Whether the names still lead to what is being written: somebody may have removed the files. */
  get areThere(): boolean {
    return this.#files.every((file, index) => {
      const named = statSync(this.#paths[index] ?? '', { throwIfNoEntry: false });
      return named !== undefined && named.ino === fstatSync(file).ino;
    });
  }

  /** Syncs and closes. Never rejects: what could not be synced was said to be so before. */
  async close(): Promise<void> {
    await this.sync().catch(() => undefined);
    for (const file of this.#files.splice(0)) closeSync(file);
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}
