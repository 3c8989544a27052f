import { upstreamCauses, type UpstreamCause } from '@tulou/contract/causes';
import type { Call, Gate } from '../call.ts';
import { grantFor } from '../grant.ts';
import { interned, type Interned, type UsageEvent } from '../usage/record.ts';
import type { Outcome } from '../wire/exchange.ts';

/**
 * What the spool keeps of an answered call; undefined where nothing is: no version was found, so nobody provides it, or
 * nothing was sent. A refused call of a known version counts too: its 429 and 403 are usage that both sides want to see.
 */
export function usageOf(call: Call, outcome: Outcome, gate: Gate): UsageEvent | undefined {
  if (call.version === undefined || outcome.status < 100 || call.refusal === 'spool_full') return undefined;
  return {
    parties: partiesOf(call, gate),
    operation: call.operation,
    key: call.identity?.key,
    status: outcome.status,
    cause: causeNames.get(causeOf(call, outcome) ?? ''),
    requestBytes: outcome.requestBytes,
    responseBytes: outcome.responseBytes,
    durationUs: outcome.durationUs,
    atSeconds: Math.floor(call.atMs / 1000),
  };
}

/** Why the upstream gave no good answer; for the provider and the operator, never for the caller. */
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
    ? grantFor(version, undefined, gate.seed).parties
    : gate.strangers.of(version, identity.app);
}
