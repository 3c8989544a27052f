import type { ErrorCode } from '@tulou/contract';
import { upstreamCauses, type UpstreamCause } from '@tulou/contract/causes';
import type { Call, Gate } from '../call.ts';
import { grantFor } from '../grant.ts';
import { interned, type Interned, type UsageEvent } from '../usage/record.ts';
import type { Outcome } from '../wire/exchange.ts';

/**
 * The spool's record of an answered call. Undefined if nothing is recorded: no version was found, so the call has no
 * provider, or no answer was sent. A refused call of a known version is recorded too: its 429 and 403 are usage that both
 * sides want to see.
 */
export function usageOf(call: Call, outcome: Outcome, gate: Gate): UsageEvent | undefined {
  if (call.version === undefined || outcome.status < 100 || call.refusal === 'spool_full') return undefined;
  return {
    parties: partiesOf(call, gate),
    operation: call.operation,
    key: call.identity?.key,
    code: codeOf(call, outcome),
    status: outcome.status,
    cause: causeNames.get(causeOf(call, outcome) ?? ''),
    requestBytes: outcome.requestBytes,
    responseBytes: outcome.responseBytes,
    durationUs: outcome.durationUs,
    atSeconds: Math.floor(call.atMs / 1000),
  };
}

/** The reason why the gateway answered itself. Undefined: the service answered, even if its answer was cut off later. */
export const codeOf = (call: Call, { error }: Outcome): ErrorCode | undefined =>
  call.refusal ?? (error === 'client_aborted' || error === 'upstream_aborted' ? undefined : error);

/** The reason why the upstream gave no valid answer. It is for the provider and the operator, never for the caller. */
export function causeOf(call: Call, outcome: Outcome): UpstreamCause | undefined {
  return call.refusal === 'upstream_unreachable' ? 'no_upstream' : outcome.fault?.cause;
}

const causeNames: ReadonlyMap<string, Interned> = new Map(
  Object.keys(upstreamCauses).map((cause) => [cause, interned(cause)]),
);

function partiesOf(call: Call, gate: Gate): Interned {
  const { grant, pass } = call;
  if (grant !== undefined && (grant.subscription !== undefined || pass !== undefined)) return grant.parties;
  const { version, identity } = call;
  if (version === undefined) return interned('');
  return identity === undefined
    ? grantFor(version, { subscription: undefined, environment: 'live' }, gate.seed).parties
    : gate.strangers.of(version, identity);
}
