/** Programs of others that tests start, and what they need. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { connect, createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Peer {
  readonly command: readonly string[];
  readonly cwd?: string;
  /** Ends with 0 where the peer can run here. */
  readonly probe: readonly string[];
}

/** Whether the peer is installed; `.ci/run` installs all. */
export const isHere = ({ probe: [program = '', ...args] }: Peer): boolean => spawnSync(program, args).status === 0;

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Resolves when it accepts connections at the port. Rejects with its whole output if it ends before that. */
export async function startPeer(
  { command, cwd }: Peer,
  env: Readonly<Record<string, string>>,
  port: number,
): Promise<ChildProcess> {
  const [program = '', ...args] = command;
  // A group of its own: `go run` and Apache start others.
  const child = spawn(program, args, {
    cwd,
    detached: true,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (piece: Buffer) => (written += piece.toString()));
  const ended = new Promise<never>((_resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${written}`)));
  });
  const accepts = async (): Promise<ChildProcess> => {
    while (!(await isListening(port)) && child.exitCode === null) await sleep(20);
    return child;
  };
  return Promise.race([accepts(), ended]);
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** Ends it and what it has started. */
export function endPeer({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
