/** A subject of the measurement: a program between the load generator and the upstream. */
import { createServer, type AddressInfo } from 'node:net';

export interface Bench {
  /** Where the upstream answers: host and port. */
  readonly upstream: { readonly host: string; readonly port: number };
  /** A folder of its own for each subject. */
  readonly folder: string;
  /** The core that the subject alone runs on, and the one that all else shares. */
  readonly subjectCore: number;
  readonly otherCore: number;
  /** Path and query of every request, below the subject's own prefix. */
  readonly path: string;
  /** How many keys the calls use in turn. */
  readonly keys: number;
}

export interface RunningSubject {
  readonly url: string;
  /** Values of `Authorization`; empty if the subject requires no credential. */
  readonly credentials: readonly string[];
  /** The processes whose processor time counts. */
  pids(): readonly number[];
  stop(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  /** A short description of its work for a request. */
  readonly does: string;
  readonly start: (bench: Bench) => Promise<RunningSubject>;
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

/** Settles when the address answers anything at all. */
export async function answering(url: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  let last: unknown;
  for (let tries = 0; tries < 400; tries += 1) {
    try {
      const response = await fetch(url, { headers });
      await response.arrayBuffer();
      if (response.status === 200) return;
      last = response.status;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => void setTimeout(resolve, 25));
  }
  throw new Error(`${url} does not answer with 200: ${String(last)}`);
}

/** Makes sure that the policies are in force: a call without a credential must be a 401. */
export async function refusing(url: string): Promise<void> {
  const response = await fetch(url);
  await response.arrayBuffer();
  if (response.status !== 401) throw new Error(`${url} answers ${response.status} to a call without a key`);
}
