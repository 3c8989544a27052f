import { ingressFields } from '@tulou/contract/hosting';
import type { Call, Gate, Step } from '../call.ts';
import { assertionOf, type Grant } from '../grant.ts';
import { addressSubject } from '../limits/address.ts';
import { nextTraceparent } from '../request-id.ts';
import { nextTarget } from '../upstream/balance.ts';
import { ingressOrigin } from '../upstream/ingress.ts';
import { drop, fieldsDropped } from './credential.ts';
import { forwardingFields } from './forwarding.ts';

/**
 * Hands the call to one of the version's upstreams, with who calls as `Tulou-*` fields and as a signed assertion, and where from
 * as `Forwarded`. What the client itself sent under such names never leaves the engine.
 */
export const forward: Step = {
  name: 'forward',
  refusals: ['upstream_unreachable', 'host_unavailable'],
  run(call, gate) {
    const { version, grant } = call;
    const upstream =
      version === undefined ? undefined : nextTarget(version.targets[grant?.environment ?? 'live'] ?? []);
    if (version === undefined || grant === undefined || upstream === undefined) return 'upstream_unreachable';
    const { service, origin } = upstream;
    const addFields = requestFields(call, gate, grant);
    if (service !== undefined) {
      if (gate.ingress === undefined) return 'host_unavailable';
      // The environment is among the fields of every call.
      addFields.push(ingressFields.service, service);
    }
    call.exchange.forward({
      upstream:
        service === undefined || gate.ingress === undefined ? origin : ingressOrigin(gate.ingress, service, origin),
      target: joinTarget(upstream.basePath, call),
      dropFields: fieldsDropped(call.drops),
      addFields,
      caller: call.identity?.app.object?.tenant ?? addressSubject(call.address),
      keepCookie: gate.keepCookie,
      answerFields: answerFields(call, grant),
      timeoutMs: version.object.timeout_ms,
      requestBytesMax: version.object.request_bytes_max,
      watch: call.watch,
    });
    return undefined;
  },
};

/** `{base path}/{rest}` with the query as it came; never without a path. Where the operation matters, exactly what was judged. */
function joinTarget(basePath: string, call: Call): string {
  const { target } = call.exchange.head;
  const rest = call.rest === undefined ? target.slice(call.restAt) : call.rest + target.slice(call.pathEnd);
  if (rest.startsWith('/')) return basePath + rest;
  return basePath === '' ? `/${rest}` : basePath + rest;
}

function requestFields(call: Call, gate: Gate, grant: Grant): string[] {
  const fields = grant.callerFields.slice();
  fields.push(
    'tulou-request-id',
    call.requestId,
    'tulou-assertion',
    assertionOf(grant, gate.signer, call.atMs),
    'traceparent',
    nextTraceparent(call.traceparent, gate.traceIds),
    ...forwardingFields(call, gate),
  );
  if ((call.drops & drop.cookie) !== 0) addCookies(fields, call.cookies ?? []);
  return fields;
}

function addCookies(fields: string[], cookies: readonly (string | undefined)[]): void {
  const kept = cookies.filter((one) => one !== undefined).join('; ');
  // A value that only ASCII can say: own fields hold nothing else, and no browser sends another.
  if (kept !== '') fields.push('cookie', kept.replaceAll(/[^ -~]/g, encodeURIComponent));
}

/** What every answer to this call carries, also those that the gateway makes itself. */
export function answerFields(call: Call, grant: Grant | undefined): string[] {
  const fields = grant === undefined ? [] : grant.answerFields.slice();
  if (call.rateLimit !== '') fields.push('ratelimit', call.rateLimit);
  if (call.proofNonce !== undefined) fields.push('dpop-nonce', call.proofNonce);
  fields.push('tulou-request-id', call.requestId);
  return fields;
}
