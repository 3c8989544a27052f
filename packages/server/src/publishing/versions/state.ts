/** The states of a version, and what each needs. */
import { Problem, type Violation } from '@tulou/contract';
import type { VersionFacts } from '../../snapshot/compile.ts';

export type VersionState = VersionFacts['state'];

/** From each state, where it may go. Back to `live`: a deprecation can be taken back; a retirement can't. */
const next: Readonly<Record<VersionState, readonly VersionState[]>> = {
  draft: ['live'],
  live: ['deprecated'],
  deprecated: ['retired', 'live'],
  retired: [],
};

/** Throws `state_conflict` where a version may not go from one state to the other. */
export function holdTransition(from: VersionState, to: VersionState): void {
  if (from === to || next[from].includes(to)) return;
  const allowed = next[from].length === 0 ? 'no other' : next[from].map((state) => `\`${state}\``).join(' or ');
  throw new Problem('state_conflict', {
    detail: `A version that is \`${from}\` goes to ${allowed}, not to \`${to}\`.`,
  });
}

/** Throws `invalid_request` where only documented operations are to be forwarded and there are none. */
export function holdStrict(strict: boolean | null | undefined, operations: number): void {
  if (strict !== true || operations > 0) return;
  const message = 'needs an OpenAPI document with operations: every call would be refused';
  throw new Problem('invalid_request', { violations: [{ pointer: '/strict', message }] });
}

interface Settled extends Pick<VersionFacts, 'state' | 'deprecated_at' | 'sunset_at'> {
  readonly upstreams: readonly { readonly weight: number }[];
}

/**
 * Throws `invalid_request` where a version can't be what is asked: callable without an upstream, or switched off before
 * it is deprecated (RFC 9745 §4).
 */
export function holdComplete({ state, upstreams, deprecated_at, sunset_at }: Settled): void {
  const violations: Violation[] = [];
  const callable = state === 'live' || state === 'deprecated';
  if (callable && !upstreams.some(({ weight }) => weight > 0)) {
    const message = `a version that is \`${state}\` needs an upstream with a weight above 0`;
    violations.push({ pointer: '/upstreams', message });
  }
  if (deprecated_at !== null && sunset_at !== null && sunset_at < deprecated_at) {
    violations.push({ pointer: '/sunset_at', message: 'must not be before `deprecated_at`' });
  }
  if (violations.length > 0) throw new Problem('invalid_request', { violations });
}

/** When a version was deprecated: as said, else now where it becomes so, and not at all while it is not. */
export function deprecationOf(
  to: VersionState,
  said: Date | null | undefined,
  before: Date | null,
  now: Date,
): Date | null {
  if (said !== undefined) return said;
  if (to === 'deprecated') return before ?? now;
  return to === 'live' && before !== null && before <= now ? null : before;
}
