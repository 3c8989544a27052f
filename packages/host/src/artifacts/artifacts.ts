/** Unpacked artifacts on this host, by digest. Each is fetched once, verified, and never changes after. */
import { createHash } from 'node:crypto';
import { chmod, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostedRevision } from '@tulou/contract/hosting';
import { ArtifactFault } from '../reconcile/runner.ts';
import { unpack } from './unpack.ts';

/** The bytes of an artifact, from control. */
export type FetchArtifact = (digest: string) => Promise<AsyncIterable<Uint8Array>>;

export class Artifacts {
  readonly #dir: string;
  readonly #fetch: FetchArtifact;
  readonly #running = new Map<string, Promise<string>>();
  #count = 0;

  constructor(dir: string, fetch: FetchArtifact) {
    this.#dir = dir;
    this.#fetch = fetch;
  }

  /** Makes the folder, and deletes what an earlier host has not finished. */
  async open(): Promise<void> {
    await mkdir(this.#dir, { recursive: true });
    await chmod(this.#dir, 0o711);
    for (const name of await readdir(this.#dir))
      if (!/^[0-9a-f]{64}$/.test(name)) await rm(join(this.#dir, name), { recursive: true, force: true });
  }

  /** The folder of an artifact. Calls for one digest share the work. */
  async prepare({ artifact }: Pick<HostedRevision, 'artifact'>): Promise<string> {
    const folder = join(this.#dir, artifact.digest.slice('sha256:'.length));
    if ((await stat(folder).catch(() => undefined)) !== undefined) return folder;
    const running = this.#running.get(folder) ?? this.#make(artifact, folder);
    this.#running.set(folder, running);
    try {
      return await running;
    } finally {
      this.#running.delete(folder);
    }
  }

  /** Deletes what no revision uses. */
  async keepOnly(digests: ReadonlySet<string>): Promise<void> {
    for (const name of await readdir(this.#dir)) {
      if (!/^[0-9a-f]{64}$/.test(name) || digests.has(`sha256:${name}`)) continue;
      if (!this.#running.has(join(this.#dir, name))) await rm(join(this.#dir, name), { recursive: true, force: true });
    }
  }

  async #make(artifact: HostedRevision['artifact'], folder: string): Promise<string> {
    this.#count += 1;
    const [archive, fresh] = [`${folder}.${this.#count}.tar`, `${folder}.${this.#count}.new`];
    try {
      await this.#download(artifact, archive);
      await mkdir(fresh);
      await chmod(fresh, 0o755);
      await unpack(archive, fresh);
      await rename(fresh, folder);
      return folder;
    } finally {
      await rm(archive, { force: true });
      await rm(fresh, { recursive: true, force: true });
    }
  }

  async #download({ digest, size_bytes: sizeBytes }: HostedRevision['artifact'], path: string): Promise<void> {
    const hash = createHash('sha256');
    let bytes = 0;
    const file = await open(path, 'wx', 0o600);
    try {
      for await (const chunk of await this.#fetch(digest)) {
        bytes += chunk.byteLength;
        if (bytes > sizeBytes) break;
        hash.update(chunk);
        await file.write(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    if (bytes < sizeBytes) throw new Error('the artifact could not be fetched: the connection ended early');
    if (bytes > sizeBytes || `sha256:${hash.digest('hex')}` !== digest)
      throw new ArtifactFault('the artifact does not match its digest: deploy it again');
  }
}
