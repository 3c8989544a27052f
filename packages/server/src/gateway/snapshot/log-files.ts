/** A log that is being written, and its copy on the same disk. Damage to one of them costs nothing. */
import { closeSync, fdatasync, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import { promisify } from 'node:util';

const sync = promisify(fdatasync);

export class LogFiles {
  bytes = 0;
  readonly #paths: readonly string[];
  readonly #files: number[] = [];
  #syncing = Promise.resolve();

  /** Makes the files; throws if the disk refuses. */
  constructor(paths: readonly string[]) {
    this.#paths = paths;
    for (const path of paths) this.#files.push(openSync(path, 'a', 0o600));
  }

  /** Writes the pieces into each file. A throw leaves a torn end, and nothing more may be written then. */
  append(pieces: readonly Buffer[]): void {
    for (const file of this.#files) for (const piece of pieces) writeAll(file, piece);
    for (const { length } of pieces) this.bytes += length;
  }

  /**
   * Resolves when all earlier writes are on the disk. It does not block the caller, because a slow disk must not delay the
   * feed.
   */
  sync(): Promise<void> {
    this.#syncing = this.#syncing.then(async () => {
      for (const file of this.#files) await sync(file);
    });
    return this.#syncing;
  }

  /** Whether the names still lead to the open files: another program may have removed them. */
  get areThere(): boolean {
    return this.#files.every((file, index) => {
      const named = statSync(this.#paths[index] ?? '', { throwIfNoEntry: false });
      return named !== undefined && named.ino === fstatSync(file).ino;
    });
  }

  /** Syncs and closes. Never rejects, because a failed sync was reported before. */
  async close(): Promise<void> {
    await this.sync().catch(() => undefined);
    for (const file of this.#files.splice(0)) closeSync(file);
  }
}

function writeAll(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
}
