/** The state of one service in one environment, and how events change it. No I/O and no clock here. */
import type { Id } from '@tulou/contract/ids';

export type InstanceId = Id<'instance'>;

export interface RevisionTarget {
  readonly id: string;
  readonly weight: number;
  readonly min: number;
  readonly max: number;
  readonly idleMs: number;
  readonly concurrency: number;
  readonly startTimeoutMs: number;
}

/** `stopping`: the driver was asked to end it. */
export type Phase = 'starting' | 'ready' | 'draining' | 'stopping';

export interface InstanceState {
  readonly id: InstanceId;
  phase: Phase;
  /** When this phase began. Infinity while its artifact is fetched: the time to start has not begun. */
  sinceMs: number;
  calls: number;
  lastCallMs: number;
  lastAnswerMs: number;
  /** A connection to it has just broken. */
  isSuspect: boolean;
  /** Why the host ended it, where it is `stopping` for a fault. */
  fault: string | undefined;
}

export interface RevisionState {
  target: RevisionTarget;
  /** Named by the present release. Others are kept only while they are needed, then drained. */
  isTargeted: boolean;
  /** `pending`: no instance of it has ever been ready. `failed`: its first start failed; it gets no call. */
  proof: 'pending' | 'ready' | 'failed';
  detail: string | undefined;
  /** Calls that wait for an instance. */
  waiting: number;
  /** Starts and instances that failed in a row. */
  failures: number;
  retryAtMs: number;
  restarts: number;
  readonly instances: Map<InstanceId, InstanceState>;
}

export interface ServiceState {
  release: string;
  readonly revisions: Map<string, RevisionState>;
}

const backOffFirstMs = 200;
const backOffMaxMs = 30_000;
/** An instance that ran for this long was no failed start: the count begins again. */
const healthyMs = 10_000;

export const newService = (): ServiceState => ({ release: '', revisions: new Map() });

/** A new desired state. A revision that failed is tried again by a new release that names it. */
export function retarget(service: ServiceState, release: string, targets: readonly RevisionTarget[]): void {
  const isNew = service.release !== release;
  service.release = release;
  for (const revision of service.revisions.values()) revision.isTargeted = false;
  for (const target of targets) {
    const known = service.revisions.get(target.id);
    if (known === undefined) service.revisions.set(target.id, newRevision(target));
    else {
      known.target = target;
      known.isTargeted = true;
      if (isNew && known.proof === 'failed')
        Object.assign(known, { proof: 'pending', detail: undefined, failures: 0, retryAtMs: 0 });
    }
  }
}

const newRevision = (target: RevisionTarget): RevisionState => ({
  target,
  isTargeted: true,
  proof: 'pending',
  detail: undefined,
  waiting: 0,
  failures: 0,
  retryAtMs: 0,
  restarts: 0,
  instances: new Map(),
});

export function instanceStarts(revision: RevisionState, id: InstanceId, nowMs: number): InstanceState {
  const state: InstanceState = {
    id,
    phase: 'starting',
    sinceMs: nowMs,
    calls: 0,
    lastCallMs: nowMs,
    fault: undefined,
    isSuspect: false,
    lastAnswerMs: 0,
  };
  revision.instances.set(id, state);
  return state;
}

/** False where the host has decided to stop it meanwhile. */
export function instanceListens(revision: RevisionState, instance: InstanceState, nowMs: number): boolean {
  if (instance.phase !== 'starting') return false;
  Object.assign(instance, { phase: 'ready', sinceMs: nowMs, lastCallMs: nowMs });
  revision.proof = 'ready';
  revision.detail = undefined;
  return true;
}

/** It has ended. `detail` is for the developer. An instance that the host stopped without a fault counts as no failure. */
export function instanceEnds(revision: RevisionState, instance: InstanceState, detail: string, nowMs: number): void {
  revision.instances.delete(instance.id);
  const isWanted = instance.phase === 'starting' || instance.phase === 'ready';
  if (!isWanted && instance.fault === undefined) return;
  const wasReady = instance.phase === 'ready';
  if (wasReady && nowMs - instance.sinceMs >= healthyMs) revision.failures = 0;
  if (wasReady) revision.restarts += 1;
  backOff(revision, nowMs);
  revision.detail = instance.fault ?? detail;
  if (revision.proof === 'pending') revision.proof = 'failed';
}

/** The host itself could not start one: that is no fault of the revision, so it stays pending. */
export function startFails(revision: RevisionState, instance: InstanceState, detail: string, nowMs: number): void {
  revision.instances.delete(instance.id);
  revision.detail = detail;
  backOff(revision, nowMs);
}

function backOff(revision: RevisionState, nowMs: number): void {
  revision.failures += 1;
  revision.retryAtMs = nowMs + Math.min(backOffMaxMs, backOffFirstMs * 2 ** (revision.failures - 1));
}
