/** What the main thread and the serving threads say to each other. */
import type { Address } from '../../kernel/role.ts';
import type { CallsTaken } from '../calls/log.ts';
import type { Hash64 } from '../limits/hash.ts';
import type { SnapshotMessage } from '../snapshot/messages.ts';
import type { Ingress } from '../upstream/ingress.ts';
import type { AllowedClass } from '../../http/address-guard.ts';

/** What a thread is born with. */
export interface ThreadSetup {
  /** From 1, below the number of threads: whose column and locks it has in the shared tables. A successor has the same. */
  readonly place: number;
  readonly threads: number;
  readonly platformUrl: string;
  /** Public address of the calls: what a proof of possession must name. */
  readonly gatewayUrl: string;
  readonly upstreamAllow: readonly AllowedClass[];
  /** Addresses and CIDR blocks. */
  readonly trustedProxies: readonly string[];
  /** Where the host of this machine takes calls to its services. */
  readonly ingress?: Ingress | undefined;
  readonly accessLog: boolean;
  readonly usageFolder: string;
  /** `<gateway>-<boot>-<serial>`; a successor has another. */
  readonly segmentPrefix: string;
  readonly fleetKey: Uint8Array | undefined;
  /** PEM. */
  readonly assertionKey: string;
  readonly seed: Hash64;
  readonly windows: SharedArrayBuffer;
  readonly slots: SharedArrayBuffer;
  readonly metrics: SharedArrayBuffer;
  readonly usedProofs: SharedArrayBuffer;
  /** When `usedProofs` began, Unix seconds. */
  readonly proofsSinceSeconds: number;
  readonly freshness: SharedArrayBuffer;
  /** Counts that the thread is not hung: `Heartbeat`. */
  readonly heartbeat: SharedArrayBuffer;
  /**
   * Time for limits (limits/steady.ts): what threads share of it, and how far it is ahead of the wall clock. Absent: limits
   * count by the time of each call.
   */
  readonly steady?: { readonly memory: SharedArrayBuffer; readonly aheadMs: number };
}

export type ToThread =
  | SnapshotMessage
  | { readonly type: 'listen'; readonly listen: Address; readonly reusePort: boolean }
  | { readonly type: 'fleet'; readonly key: Uint8Array }
  /** Control has the segment that was handed over. */
  | { readonly type: 'taken'; readonly segment: string }
  | { readonly type: 'drain'; readonly graceMs: number };

export type FromThread =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'not_listening'; readonly code: string; readonly message: string }
  | ({ readonly type: 'calls' } & CallsTaken)
  | { readonly type: 'closed'; readonly segment: string; readonly sealed: boolean }
  /** The disk refuses: usage for control, until `taken`. */
  | { readonly type: 'handed'; readonly segment: string; readonly bytes: Uint8Array; readonly calls: number }
  | { readonly type: 'drained' }
  | {
      readonly type: 'log';
      readonly level: 'debug' | 'info' | 'warn' | 'error';
      readonly fields: object;
      readonly message: string;
    };
