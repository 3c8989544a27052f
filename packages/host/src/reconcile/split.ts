/** Which revision gets a call. Pure. */
import type { RevisionState, ServiceState } from './state.ts';

export type Route =
  | { readonly revision: RevisionState }
  /** No revision can take the call. `detail` is for the caller. */
  | { readonly revision: undefined; readonly detail: string };

/**
 * A revision gets calls by its weight once an instance of it has been ready. Until one of the release is, the release before
 * it keeps serving. In a first release, calls wait. `roll` is in [0, 1).
 */
export function routeOf(service: ServiceState, roll: number): Route {
  const all = [...service.revisions.values()];
  const weighted = all.filter(({ isTargeted, target, proof }) => isTargeted && target.weight > 0 && proof !== 'failed');
  const proven = weighted.filter(({ proof }) => proof === 'ready');
  const before = all.filter((revision) => isFallback(service, revision));
  const candidates = [proven, before, weighted].find(({ length }) => length > 0) ?? [];
  const revision = pick(candidates, roll);
  return revision === undefined ? { revision, detail: refusal(all) } : { revision };
}

/** Whether revisions outside the release still serve. */
export const isFallback = (service: ServiceState, revision: RevisionState): boolean =>
  !revision.isTargeted &&
  revision.proof === 'ready' &&
  [...service.revisions.values()].some(({ isTargeted }) => isTargeted) &&
  ![...service.revisions.values()].some(
    ({ isTargeted, target, proof }) => isTargeted && target.weight > 0 && proof === 'ready',
  );

function pick(revisions: readonly RevisionState[], roll: number): RevisionState | undefined {
  const total = revisions.reduce((sum, { target }) => sum + Math.max(1, target.weight), 0);
  let left = roll * total;
  for (const revision of revisions) {
    left -= Math.max(1, revision.target.weight);
    if (left < 0) return revision;
  }
  return revisions.at(-1);
}

function refusal(all: readonly RevisionState[]): string {
  const failed = all.find(({ isTargeted, proof }) => isTargeted && proof === 'failed');
  if (failed === undefined) return 'the service has no revision that takes calls';
  return `revision ${failed.target.id} did not start: ${failed.detail ?? 'the cause is in its log'}`;
}
