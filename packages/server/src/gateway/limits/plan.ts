/** A plan's limits as windows to count in, for one subscription. */
import type { Environment, PlanLimit, SnapshotOf } from '@tulou/contract';
import { addressSubject } from './address.ts';
import { hash64, mix64, type Hash64 } from './hash.ts';
import type { Window } from './windows.ts';

const lengthsMs = { second: 1000, minute: 60_000, hour: 3_600_000, day: 86_400_000, month: 0 } as const;

/** One limit of a plan for one subscription. If its subject varies by call, `low` and `high` name only the limit. */
export interface CompiledLimit extends Window {
  readonly varies: 'key' | 'address' | 'installation' | undefined;
  /** `"minute";r=`: its name in the `RateLimit` field, up to the number of calls left. */
  readonly fieldStart: string;
}

export interface CompiledLimits {
  readonly limits: readonly CompiledLimit[];
  /** Whether the windows are the same for every call. */
  readonly fixed: boolean;
  /** Value of `RateLimit-Policy`; empty: no limits. */
  readonly policyField: string;
  readonly concurrency: { readonly max: number; readonly subject: Hash64 } | undefined;
}

/** The subjects whose calls are counted together. The names outlive the objects: a recreated app gets no new quota. */
export interface Subjects {
  readonly subscription: string;
  readonly app: string;
  readonly tenant: string;
  /** Calls of `test` have separate windows, so that they never use up the quota of `live`. */
  readonly environment: Environment;
}

export const noLimits: CompiledLimits = { limits: [], fixed: true, policyField: '', concurrency: undefined };

/**
 * Compiles a plan. A limit is named by its API, unit and subject, not by its plan or figure. A plan that changes from 100 to
 * 200 a minute therefore continues with its counts, and so does a subscription that moves to another plan. Only addresses
 * count by plan, because callers of several plans share one.
 */
export function compileLimits(plan: SnapshotOf<'plan'>, subjects: Subjects, seed: Hash64): CompiledLimits {
  const limits = plan.limits.map((limit, index) => compile(plan, limit, nameOf(plan.limits, index), subjects, seed));
  const subject = hash64(`concurrency ${subjects.subscription}${suffixOf(subjects)}`, seed);
  return {
    limits,
    fixed: limits.every(({ varies }) => varies === undefined),
    policyField: plan.limits.map((limit, index) => policyOf(limit, nameOf(plan.limits, index))).join(', '),
    concurrency: plan.concurrency === null ? undefined : { max: plan.concurrency, subject },
  };
}

/** The windows of one call. It allocates only if a limit counts by key, installation or address. */
export function windowsFor(
  compiled: CompiledLimits,
  caller: { readonly key: Hash64; readonly installation: Hash64 },
  address: string,
  seed: Hash64,
): readonly Window[] {
  if (compiled.fixed) return compiled.limits;
  return compiled.limits.map((limit) => {
    if (limit.varies === undefined) return limit;
    const subject = limit.varies === 'address' ? hash64(addressSubject(address), seed) : caller[limit.varies];
    const { low, high } = mix64(limit, subject);
    return { low, high, lengthMs: limit.lengthMs, max: limit.max };
  });
}

function compile(
  plan: SnapshotOf<'plan'>,
  limit: PlanLimit,
  name: string,
  subjects: Subjects,
  seed: Hash64,
): CompiledLimit {
  const varies = limit.by === 'key' || limit.by === 'address' || limit.by === 'installation' ? limit.by : undefined;
  const own = hash64(`${limit.by === 'address' ? plan.key : plan.api} ${name}${suffixOf(subjects)}`, seed);
  const { low, high } =
    limit.by === 'key' || limit.by === 'address' ? own : mix64(own, hash64(subjectOf(limit.by, subjects), seed));
  return { low, high, lengthMs: lengthsMs[limit.per], max: limit.requests, varies, fieldStart: `"${name}";r=` };
}

/** Names for `live` have no suffix, so counters from before environments existed continue. */
const suffixOf = ({ environment }: Subjects): string => (environment === 'live' ? '' : ` ${environment}`);

/** Calls with a key have no installation. Together they count as one more installation of their subscription. */
const subjectOf = (by: 'subscription' | 'installation' | 'app' | 'tenant', subjects: Subjects): string =>
  subjects[by === 'installation' ? 'subscription' : by];

/** `minute`; `minute-app` if the subject is not the subscription; `minute-app-2` if that name repeats. */
function nameOf(limits: readonly PlanLimit[], index: number): string {
  const limit = limits[index];
  if (limit === undefined) return '';
  const twins = limits.slice(0, index).filter(({ per, by }) => per === limit.per && by === limit.by).length;
  return `${limit.per}${limit.by === 'subscription' ? '' : `-${limit.by}`}${twins === 0 ? '' : `-${twins + 1}`}`;
}

/** Calendar months have different lengths, so the policy of a month names none (the parameter is optional). */
function policyOf(limit: PlanLimit, name: string): string {
  const seconds = lengthsMs[limit.per] / 1000;
  return `"${name}";q=${limit.requests}${seconds === 0 ? '' : `;w=${seconds}`}`;
}
