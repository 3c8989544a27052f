/** Where a call's credential is, and what must not be forwarded with it. */
import { withoutTrace, type Call } from '../call.ts';
import { issuerNamedIn } from '../tokens/compact.ts';

/** There is more than one in the same field. */
export const twice = Symbol('twice');

/**
 * Walks the fields once; notes `traceparent` and `dpop` on the way. Of two credentials the one that is ours counts; of two
 * that are ours, the one that the version takes: a token where it takes tokens only, else `X-API-Key`.
 */
export function findCredential(call: Call): string | typeof twice | undefined {
  const { fields } = call.exchange.head;
  let apiKey: string | undefined;
  let authorization: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i];
    if (name === 'authorization') {
      if (authorization !== undefined) return twice;
      authorization = fields[i + 1];
    } else if (name === 'x-api-key') {
      if (apiKey !== undefined) return twice;
      apiKey = fields[i + 1];
    } else if (name === 'traceparent') call.traceparent = fields[i + 1];
    // Two proofs are none (RFC 9449 §4.3).
    else if (name === 'dpop') call.proof = call.proof === undefined ? fields[i + 1] : '';
  }
  return choose(call, apiKey, authorization);
}

function choose(call: Call, apiKey: string | undefined, authorization: string | undefined): string | undefined {
  const carried = authorization === undefined ? undefined : (credentialIn(call, authorization) ?? authorization);
  if (apiKey === undefined) {
    if (authorization !== undefined) call.dropFields = withoutAuthorization;
    return carried;
  }
  const carriedIsOurs = carried !== undefined && isOurs(carried, call);
  const wantsToken = call.version?.object.access === 'token' && carried?.includes('.') === true;
  if (carriedIsOurs && (wantsToken || !isOurs(apiKey, call))) {
    call.dropFields = isOurs(apiKey, call) ? withoutBoth : withoutAuthorization;
    return carried;
  }
  call.isProofScheme = false;
  call.dropFields = carriedIsOurs ? withoutBoth : withoutApiKey;
  return apiKey;
}

const withoutApiKey: ReadonlySet<string> = new Set(['traceparent', 'x-api-key']);
const withoutAuthorization: ReadonlySet<string> = new Set(['traceparent', 'authorization']);
const withoutBoth: ReadonlySet<string> = new Set(['traceparent', 'authorization', 'x-api-key']);

/** A proof that came with a token of ours is for this gateway alone. */
export function dropProof(call: Call): void {
  if (call.proof !== undefined) call.dropFields = new Set([...call.dropFields, 'dpop']);
}

/** The field stays with the call, as it is nobody's but the upstream's. */
export function leaveToUpstream(call: Call): undefined {
  call.dropFields = withoutTrace;
  return undefined;
}

/** What follows the scheme `Bearer` (RFC 6750 §2.1) or `DPoP` (RFC 9449 §7.1); schemes know no case (RFC 9110 §11.1). */
function credentialIn(call: Call, authorization: string): string | undefined {
  if (authorization.startsWith('Bearer ') && authorization[7] !== ' ') return authorization.slice(7);
  const [, scheme = '', text] = /^(bearer|dpop) +(.*)$/i.exec(authorization) ?? [];
  call.isProofScheme = scheme.length === 4;
  return text;
}

/**
 * Any credential that Tulou issues: control tokens, and whatever names one of our issuers, however it is spelled. None of
 * them may reach an upstream, which could use it elsewhere.
 */
export function isOurs(text: string, { state }: Call): boolean {
  if (/^tl(k_live|k_test|t|o|n)_/.test(text)) return true;
  const iss = text.includes('.') ? issuerNamedIn(text) : undefined;
  return iss !== undefined && state.issuer(iss) !== undefined;
}
