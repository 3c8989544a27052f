/** Decides the next actions for one service: state in, actions out. Pure; the same for every driver. */
import { isFallback } from './split.ts';
import type { InstanceState, RevisionState, ServiceState } from './state.ts';

export type Action =
  | { readonly kind: 'start'; readonly revision: RevisionState }
  /** It gets no new call, and stops when its calls have ended. */
  | { readonly kind: 'drain'; readonly revision: RevisionState; readonly instance: InstanceState }
  | {
      readonly kind: 'stop';
      readonly revision: RevisionState;
      readonly instance: InstanceState;
      /** Set where the instance is at fault. */
      readonly fault: string | undefined;
    }
  /** Neither named nor used: nothing is left to know. */
  | { readonly kind: 'forget'; readonly revision: RevisionState };

/** Calls of a drained instance are cut after this. */
export const drainMsMax = 30_000;

export function decide(service: ServiceState, nowMs: number): Action[] {
  return [...service.revisions.values()].flatMap((revision) => {
    const isKept = (revision.isTargeted && revision.proof !== 'failed') || isFallback(service, revision);
    return [...(isKept ? keep(revision, nowMs) : retire(revision)), ...finishDrains(revision, nowMs)];
  });
}

function keep(revision: RevisionState, nowMs: number): Action[] {
  const { target, proof, waiting } = revision;
  const all = [...revision.instances.values()];
  const late = all.filter(({ phase, sinceMs }) => phase === 'starting' && nowMs - sinceMs >= target.startTimeoutMs);
  if (late.length > 0)
    return late.map((instance) => ({ kind: 'stop', revision, instance, fault: lateFault(target.startTimeoutMs) }));

  const live = all.filter(({ phase }) => phase === 'starting' || phase === 'ready');
  const calls = live.reduce((sum, instance) => sum + instance.calls, waiting);
  const least = proof === 'pending' ? 1 : target.weight > 0 || !revision.isTargeted ? target.min : 0;
  const wanted = Math.min(target.max, Math.max(least, Math.ceil(calls / target.concurrency)));
  const missing = wanted - live.length;
  if (missing > 0) {
    if (nowMs < revision.retryAtMs) return [];
    // The first instance proves the revision. Others start after it.
    const count = proof === 'pending' ? Math.min(missing, 1 - live.length) : missing;
    return Array.from({ length: Math.max(0, count) }, () => ({ kind: 'start', revision }));
  }
  return live
    .filter(({ phase, calls, lastCallMs }) => phase === 'ready' && calls === 0 && nowMs - lastCallMs >= target.idleMs)
    .toSorted((a, b) => a.lastCallMs - b.lastCallMs)
    .slice(0, Math.max(0, -missing))
    .map((instance) => ({ kind: 'drain', revision, instance }));
}

function retire(revision: RevisionState): Action[] {
  const all = [...revision.instances.values()];
  if (all.length === 0 && revision.waiting === 0 && !revision.isTargeted) return [{ kind: 'forget', revision }];
  return all.flatMap((instance): Action[] => {
    if (instance.phase === 'starting') return [{ kind: 'stop', revision, instance, fault: undefined }];
    return instance.phase === 'ready' ? [{ kind: 'drain', revision, instance }] : [];
  });
}

function finishDrains(revision: RevisionState, nowMs: number): Action[] {
  return [...revision.instances.values()]
    .filter(({ phase, calls, sinceMs }) => phase === 'draining' && (calls === 0 || nowMs - sinceMs >= drainMsMax))
    .map((instance) => ({ kind: 'stop', revision, instance, fault: undefined }));
}

const lateFault = (timeoutMs: number): string =>
  `it did not listen within ${timeoutMs} ms. A program for Node listens where the variable PORT says; ` +
  'raise start_timeout_ms if it needs longer.';

/** The instance for a call: the one with the fewest calls, if it has room. */
export function freeInstance(revision: RevisionState): InstanceState | undefined {
  let best: InstanceState | undefined;
  for (const instance of revision.instances.values()) {
    if (instance.phase !== 'ready' || instance.isSuspect || instance.calls >= revision.target.concurrency) continue;
    if (best === undefined || instance.calls < best.calls) best = instance;
  }
  return best;
}
