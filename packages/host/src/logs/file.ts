/** A log on disk of bounded size: one file grows, the one before it is kept, older ones are deleted. */
import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

const pendingBytesMax = 1024 * 1024;

export class LogFile {
  readonly #path: string;
  readonly #bytesMax: number;
  #pending: string[] = [];
  #pendingBytes = 0;
  #size: number | undefined;
  #writing: Promise<void> | undefined;

  constructor(path: string, bytesMax: number) {
    this.#path = path;
    this.#bytesMax = bytesMax;
  }

  /** Adds a line, which is on disk after the next flush. Drops it where the disk is that much slower. */
  add(line: string): void {
    if (this.#pendingBytes > pendingBytesMax) return;
    this.#pending.push(`${line}\n`);
    this.#pendingBytes += line.length + 1;
  }

  /** Writes what is pending. Errors of the disk cost lines, never the instance. */
  async flush(): Promise<void> {
    if (this.#writing !== undefined) return this.#writing;
    if (this.#pending.length === 0) return undefined;
    this.#writing = this.#write().catch(() => undefined);
    await this.#writing;
    this.#writing = undefined;
    return undefined;
  }

  async #write(): Promise<void> {
    const text = this.#pending.join('');
    this.#pending = [];
    this.#pendingBytes = 0;
    if (this.#size === undefined) {
      await mkdir(dirname(this.#path), { recursive: true, mode: 0o700 });
      this.#size = await stat(this.#path).then(
        ({ size }) => size,
        () => 0,
      );
    }
    if (this.#size > this.#bytesMax) {
      await rename(this.#path, `${this.#path}.1`);
      this.#size = 0;
    }
    await appendFile(this.#path, text, { mode: 0o600 });
    this.#size += Buffer.byteLength(text);
  }
}
