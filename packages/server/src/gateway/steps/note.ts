import { limits, type CallRecord, type SnapshotOf } from '@tulou/contract';
import type { Call, Gate } from '../call.ts';
import type { Outcome } from '../wire/exchange.ts';
import { causeOf } from './account.ts';

/** Keeps a record of an answered call of a known version, for later look-up. Under load it keeps only some records. */
export function noteCall(call: Call, outcome: Outcome, { calls }: Gate): void {
  const { version, identity } = call;
  if (version === undefined || outcome.status < 100) return;
  const isRefused = call.refusal !== undefined || outcome.error !== undefined || outcome.status >= 400;
  const consumer = identity?.app.object?.tenant ?? '';
  if (calls.keeps(version.object.tenant, consumer, isRefused)) calls.add(recordOf(call, outcome, version.object));
}

function recordOf(call: Call, outcome: Outcome, version: SnapshotOf<'version'>): CallRecord {
  const { head } = call.exchange;
  const { identity } = call;
  return {
    id: call.requestId,
    at_ms: Math.floor(call.atMs),
    provider: version.tenant,
    consumer: identity?.app.object?.tenant ?? null,
    api: version.api,
    version: version.key,
    operation: call.operation?.id.slice(0, limits.operationIdCharactersMax) ?? null,
    app: identity?.app.key ?? null,
    key: identity?.key?.text ?? null,
    environment: identity?.environment ?? 'live',
    method: head.method.slice(0, 40),
    path: head.target.slice(0, Math.min(call.pathEnd, limits.callPathCharactersMax)),
    status: outcome.status,
    code: call.refusal ?? outcome.error ?? null,
    detail: call.detail?.slice(0, limits.callDetailCharactersMax) ?? null,
    remedy: call.remedy?.slice(0, limits.callDetailCharactersMax) ?? null,
    cause: causeOf(call, outcome) ?? null,
    address: call.address.slice(0, 64),
    request_bytes: outcome.requestBytes,
    response_bytes: outcome.responseBytes,
    duration_us: Math.max(0, Math.round(outcome.durationUs)),
    upstream_us: outcome.upstreamUs > 0 ? Math.round(outcome.upstreamUs) : null,
  };
}
