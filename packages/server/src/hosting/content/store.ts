/**
 * The contents of artifacts on local disk, by their digest. A content is complete and verified, or it is not there: uploads
 * gather beside the contents, and move there as a whole.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Problem } from '@tulou/contract';
import { assert } from '../../kernel/assert.ts';
import { findArchiveFault } from './archive.ts';

const digestShape = /^sha256:([0-9a-f]{64})$/;
const nameShape = /^art_[0-9a-z]{26}$/;

export interface Content {
  readonly bytes: Readable;
  readonly sizeBytes: number;
}

export class ContentStore {
  readonly #incoming: string;
  readonly #complete: string;

  constructor(folder: string) {
    this.#incoming = join(folder, 'incoming');
    this.#complete = join(folder, 'sha256');
  }

  /** How much of an upload is on this disk. */
  async gathered(name: string): Promise<number> {
    return (await sizeOf(this.#uploadOf(name))) ?? 0;
  }

  /** Writes a piece of an upload at its place; what followed that place before is dropped. */
  async gather(name: string, offset: number, piece: Uint8Array): Promise<void> {
    await mkdir(this.#incoming, { recursive: true, mode: 0o700 });
    const file = await open(this.#uploadOf(name), offset === 0 ? 'w' : 'r+', 0o600);
    try {
      await file.truncate(offset);
      for (let at = 0; at < piece.length;) {
        at += (await file.write(piece, at, piece.length - at, offset + at)).bytesWritten;
      }
    } finally {
      await file.close();
    }
  }

  /** Verifies an upload and makes it a content. Throws `artifact_invalid`; nothing is left of the upload then. */
  async complete(name: string, digest: string): Promise<void> {
    const from = this.#uploadOf(name);
    try {
      await verify(from, digest);
    } catch (error) {
      await this.discard(name);
      throw error;
    }
    const to = this.#contentOf(digest);
    await mkdir(dirname(to), { recursive: true, mode: 0o700 });
    await flush(from);
    await rename(from, to);
    await flush(dirname(to));
  }

  /** Drops an upload; safe to call again. */
  async discard(name: string): Promise<void> {
    await rm(this.#uploadOf(name), { force: true });
  }

  /** Whether a content is here. */
  async has(digest: string): Promise<boolean> {
    return (await sizeOf(this.#contentOf(digest))) !== undefined;
  }

  /** A complete content; undefined if it is not here. */
  async read(digest: string): Promise<Content | undefined> {
    if (!digestShape.test(digest)) return undefined;
    const path = this.#contentOf(digest);
    const sizeBytes = await sizeOf(path);
    return sizeBytes === undefined ? undefined : { bytes: createReadStream(path), sizeBytes };
  }

  /**
   * Removes uploads and contents that no artifact needs. Files that changed after `before` stay: the transaction that needs one may
   * not be committed yet.
   */
  async sweep(before: Date, needed: (names: readonly string[]) => Promise<ReadonlySet<string>>): Promise<number> {
    const uploads = await old(this.#incoming, before);
    const contents: { path: string; name: string }[] = [];
    for (const shard of await namesIn(this.#complete))
      contents.push(...(await old(join(this.#complete, shard), before)));
    const all = [...uploads, ...contents.map(({ path, name }) => ({ path, name: `sha256:${name}` }))];
    const kept = await needed(all.map(({ name }) => name));
    const gone = all.filter(({ name }) => !kept.has(name));
    for (const { path } of gone) await rm(path, { force: true });
    return gone.length;
  }

  #uploadOf(name: string): string {
    assert(nameShape.test(name), 'an upload has the id of its artifact');
    return join(this.#incoming, name);
  }

  #contentOf(digest: string): string {
    const hex = digestShape.exec(digest)?.[1] ?? '';
    assert(hex !== '', 'a content has a digest');
    return join(this.#complete, hex.slice(0, 2), hex);
  }
}

async function verify(path: string, digest: string): Promise<void> {
  const hash = createHash('sha256');
  const bytes = createReadStream(path);
  bytes.on('data', (piece) => void hash.update(piece));
  const fault = await findArchiveFault(bytes);
  if (fault !== undefined) throw new Problem('artifact_invalid', { detail: fault });
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== digest) throw new Problem('artifact_invalid', { detail: `The digest of what arrived is ${found}.` });
}

async function flush(path: string): Promise<void> {
  const file = await open(path);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function old(folder: string, before: Date): Promise<{ path: string; name: string }[]> {
  const found: { path: string; name: string }[] = [];
  for (const name of await namesIn(folder)) {
    const path = join(folder, name);
    const changed = await stat(path).catch(() => undefined);
    if (changed !== undefined && changed.mtime < before) found.push({ path, name });
  }
  return found;
}
