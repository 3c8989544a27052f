import type { ErrorCode } from '@tulou/contract';
import type { Call, Gate, Step } from '../call.ts';
import type { Grant } from '../grant.ts';
import { rateLimitField, retryAfter } from '../limits/fields.ts';
import type { Hash64 } from '../limits/hash.ts';
import { windowsFor } from '../limits/plan.ts';

/**
 * Decides whether the plan has room for this call, and the spool for its record. All windows of the plan are checked before
 * any is counted: a refused call uses nothing.
 */
export const limit: Step = {
  name: 'limit',
  refusals: ['spool_full', 'concurrency_limited', 'rate_limited'],
  run(call, gate) {
    if (gate.spool.full) return 'spool_full';
    const { grant } = call;
    if (grant === undefined) return undefined;
    const { concurrency } = grant.limits;
    if (concurrency !== undefined && !gate.slots.take(concurrency.subject, concurrency.max)) {
      call.retryAfter = '1';
      return 'concurrency_limited';
    }
    call.slot = concurrency?.subject;
    return grant.limits.limits.length === 0 ? undefined : count(call, gate, grant);
  },
};

function count(call: Call, gate: Gate, grant: Grant): ErrorCode | undefined {
  const caller = { key: call.identity?.subject ?? nobody, installation: call.pass?.installation ?? nobody };
  const windows = windowsFor(grant.limits, caller, call.address, gate.seed);
  const allowed = gate.windows.take(windows, call.atMs);
  call.rateLimit = rateLimitField(grant.limits, gate.windows);
  if (allowed) return undefined;
  call.retryAfter = retryAfter(gate.windows.waitMs);
  releaseSlot(call, gate);
  return 'rate_limited';
}

/** Releases the place of the call, once. */
export function releaseSlot(call: Call, gate: Gate): void {
  if (call.slot === undefined) return;
  gate.slots.release(call.slot);
  call.slot = undefined;
}

const nobody: Hash64 = { low: 0, high: 1 };
