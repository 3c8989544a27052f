import type { ErrorCode } from '@tulou/contract';
import { withoutTrace, type Call, type Gate, type Step } from '../call.ts';

/**
 * Finds out whose call it is: an API key as `X-API-Key`, or as `Authorization: Bearer`. The field that held it is not
 * forwarded. An open version takes calls without one, and leaves an `Authorization` that is not ours to the upstream.
 */
export const identify: Step = {
  name: 'identify',
  refusals: ['credential_missing', 'credential_invalid'],
  run(call, gate) {
    const access = call.version?.object.access;
    const found = findCredential(call);
    if (found === severalCredentials) return refuse(call, 'Send exactly one credential.');
    if (found === undefined) return access === 'open' ? undefined : 'credential_missing';
    if (access === 'open' && !looksLikeOurs(found)) return leaveToUpstream(call);
    if (access === 'token') return refuse(call, 'This version takes access tokens, not API keys.');
    return check(call, gate, found);
  },
};

/** A field came more than once: which one counts would be a guess. */
const severalCredentials: unique symbol = Symbol('several credentials');

function check(call: Call, gate: Gate, text: string): ErrorCode | undefined {
  call.identity = gate.keyring.verify(text, call.state, call.atMs);
  if (call.identity === undefined) return 'credential_invalid';
  return call.identity.app.object?.state === 'suspended' ? 'credential_invalid' : undefined;
}

function refuse(call: Call, detail: string): ErrorCode {
  call.detail = detail;
  return 'credential_invalid';
}

function leaveToUpstream(call: Call): undefined {
  call.dropFields = withoutTrace;
  return undefined;
}

/** Walks the fields once; notes `traceparent` on the way. Of two, the one that is ours counts, else `X-API-Key`. */
function findCredential(call: Call): string | typeof severalCredentials | undefined {
  const { fields } = call.exchange.head;
  let apiKey: string | undefined;
  let authorization: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i];
    if (name === 'authorization') {
      if (authorization !== undefined) return severalCredentials;
      authorization = fields[i + 1];
    } else if (name === 'x-api-key') {
      if (apiKey !== undefined) return severalCredentials;
      apiKey = fields[i + 1];
    } else if (name === 'traceparent') call.traceparent = fields[i + 1];
  }
  return choose(call, apiKey, authorization);
}

function choose(call: Call, apiKey: string | undefined, authorization: string | undefined): string | undefined {
  const bearer = authorization === undefined ? undefined : bearerOf(authorization);
  const bearerIsOurs = apiKey !== undefined && bearer !== undefined && looksLikeOurs(bearer);
  if (apiKey === undefined) {
    if (authorization !== undefined) call.dropFields = withoutAuthorization;
    return bearer ?? authorization;
  }
  if (bearerIsOurs && !looksLikeOurs(apiKey)) {
    call.dropFields = withoutAuthorization;
    return bearer;
  }
  call.dropFields = bearerIsOurs ? withoutBoth : withoutApiKey;
  return apiKey;
}

const withoutApiKey: ReadonlySet<string> = new Set(['traceparent', 'x-api-key']);
const withoutAuthorization: ReadonlySet<string> = new Set(['traceparent', 'authorization']);
const withoutBoth: ReadonlySet<string> = new Set(['traceparent', 'authorization', 'x-api-key']);

/** The credential of the scheme `Bearer` (RFC 6750 §2.1; schemes know no case, RFC 9110 §11.1). */
function bearerOf(authorization: string): string | undefined {
  if (authorization.startsWith('Bearer ')) return authorization.slice(7);
  return /^bearer +/i.test(authorization) ? authorization.replace(/^bearer +/i, '') : undefined;
}

/** Any credential that Tulou issues, control tokens too: none of them may reach an upstream. */
const looksLikeOurs = (text: string): boolean => /^tl(k_live|k_test|t|o|n)_/.test(text);
