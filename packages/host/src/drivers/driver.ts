/**
 * The agreement between the reconciler and everything that can run an instance. Drivers decide nothing: when to start,
 * scale, drain and stop is decided above them, so that it is the same for each.
 */
import type { Readable } from 'node:stream';
import type { InstanceLimits, IsolationLevel, WorkloadKind } from '@tulou/contract/hosting';

/** The owner of an instance. Two domains never share a sandbox. */
export interface TrustDomain {
  readonly developer: string;
  readonly tenant: string;
  readonly environment: string;
}

export interface InstanceSpec {
  /** `isn_…`, unique on the host for all time. */
  readonly id: string;
  readonly domain: TrustDomain;
  readonly kind: WorkloadKind;
  /** The unpacked artifact. A driver never writes to it. */
  readonly folder: string;
  /** Inside the folder. */
  readonly entry: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly limits: Pick<InstanceLimits, 'memory_mb' | 'cpu_millis'>;
}

/** How an instance ended. `reason` is `stopped` where the host asked for it, `memory` where it exceeded its limit. */
export interface Ending {
  readonly reason: 'stopped' | 'memory' | 'exit';
  readonly code: number | null;
  readonly signal: string | null;
}

export interface InstanceStats {
  readonly cpuMs: number;
  readonly memoryBytes: number;
  readonly processes: number;
}

export interface Instance {
  readonly id: string;
  /** Where it takes HTTP/1.1, once it listens. */
  readonly socketPath: string;
  /** Settles with true when it listens, and with false when it ends before that. */
  readonly listening: Promise<boolean>;
  readonly ended: Promise<Ending>;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The last figures where it has ended. */
  stats(): Promise<InstanceStats>;
  /** Asks it to end, and kills it after `graceMs`. Settles when nothing of it is left. */
  stop(graceMs: number): Promise<void>;
}

export interface Capabilities {
  readonly level: IsolationLevel;
  readonly kinds: readonly WorkloadKind[];
  /** `cgroup`: the kernel accounts for the whole instance. `rlimit`: weaker, each process by itself; the report says so. */
  readonly limits: 'cgroup' | 'rlimit';
  /** Whether each instance has a user of its own on the host. False where the host does not run as root. */
  readonly ownUser: boolean;
}

export interface RuntimeDriver {
  readonly name: string;
  readonly capabilities: Capabilities;
  start(spec: InstanceSpec): Promise<Instance>;
  /** Ends what an earlier host has left on this machine. Returns how many instances that were. */
  sweep(): Promise<number>;
  /** Stops all instances. */
  close(): Promise<void>;
}
