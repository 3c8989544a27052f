/**
 * A listening Unix socket that only a child process accepts on. The sandbox gets the open descriptor and never the folder:
 * a workload that could write there could put a symbolic link to another socket, and the host would connect to that.
 */
import { link, unlink } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { HostError } from '../host-error.ts';

export interface Listener {
  readonly descriptor: number;
  /** Closes the host's copy. The child must have its own by then. */
  release(): void;
}

/** `sun_path` of unix(7), less the NUL and the suffix below. */
const pathBytesMax = 107;
const suffix = '.new';

/**
 * Listens at `path`. Node unlinks the name that it listened at when it closes; the socket lives on under a second link.
 * No one knows the first name, so the host itself accepts nothing.
 */
export async function openListener(path: string): Promise<Listener> {
  const first = `${path}${suffix}`;
  if (Buffer.byteLength(first) > pathBytesMax)
    throw new HostError(
      `The path of a socket is longer than ${pathBytesMax} bytes: ${first}.`,
      'Choose a data folder with a shorter path.',
    );
  const server = createServer((connection) => connection.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(first, resolve);
  });
  await unlink(path).catch(() => undefined);
  await link(first, path);
  return { descriptor: descriptorOf(server), release: () => void server.close() };
}

/** The public interface has no way to the descriptor of a server. */
function descriptorOf(server: Server): number {
  const handle = (server as unknown as { readonly _handle?: { readonly fd?: number } })._handle;
  if (typeof handle?.fd !== 'number' || handle.fd < 0) throw new Error('a server that listens has no descriptor');
  return handle.fd;
}
