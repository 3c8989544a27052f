/** The location of a call's credential, and the fields that must not be forwarded with it. */
import { withoutPlatformCookies } from '../cookies.ts';
import type { Call, Gate } from '../call.ts';
import { namesOurKey } from '../signatures/verify.ts';
import { issuerNamedIn } from '../tokens/compact.ts';

/** The same field occurs more than once. */
export const twice = Symbol('twice');

/**
 * Reads the fields once, and notes every other field that identifies the caller. If there are two credentials, only one of
 * this platform counts. If both are of this platform, the one that the version accepts counts: a token if it takes only
 * tokens, otherwise `X-API-Key`.
 */
export function findCredential(call: Call, gate: Gate): string | typeof twice | undefined {
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
    } else if (name !== undefined) note(call, name, fields[i + 1]);
  }
  meet(call, gate);
  return choose(call, apiKey, authorization);
}

function note(call: Call, name: string, value: string | undefined): void {
  if (name === 'traceparent') call.traceparent = value;
  // Two proofs count as none (RFC 9449 §4.3), and so do two certificates.
  else if (name === 'dpop') call.proof = call.proof === undefined ? value : '';
  else if (name === 'client-cert') call.clientCert = call.clientCert === undefined ? value : '';
  else if (name === 'signature-input') call.isSigned ||= value !== undefined && namesOurKey(value);
  else if (name === 'cookie') noteCookie(call, value ?? '');
  else if (name === 'x-forwarded-for') {
    call.forwardedFor = call.forwardedFor === undefined ? value : `${call.forwardedFor}, ${value}`;
  }
}

/** If a field holds a cookie of the platform, all other cookies are sent in one field. */
function noteCookie(call: Call, value: string): void {
  const kept = withoutPlatformCookies(value);
  (call.cookies ??= []).push(kept);
  if (kept !== value) call.drops |= drop.cookie;
}

/** Takes the client's address and certificate only from a trusted proxy. */
function meet(call: Call, { proxies }: Gate): void {
  const { remoteAddress, head } = call.exchange;
  if (!proxies.trusts(remoteAddress)) {
    call.drops |= drop.proxy;
    return;
  }
  const { claims = [] } = head;
  for (let i = 0; i < claims.length; i += 2) note(call, claims[i] ?? '', claims[i + 1]);
  call.address = proxies.addressOf(remoteAddress, call.forwardedFor);
}

function choose(call: Call, apiKey: string | undefined, authorization: string | undefined): string | undefined {
  const carried = authorization === undefined ? undefined : (credentialIn(call, authorization) ?? authorization);
  if (apiKey === undefined) {
    if (authorization !== undefined) call.drops |= drop.authorization;
    return carried;
  }
  const carriedIsOurs = carried !== undefined && isOurs(carried, call);
  const wantsToken = call.version?.object.access === 'token' && carried?.includes('.') === true;
  if (carriedIsOurs && (wantsToken || !isOurs(apiKey, call))) {
    call.drops |= isOurs(apiKey, call) ? drop.apiKey | drop.authorization : drop.authorization;
    return carried;
  }
  call.isProofScheme = false;
  call.drops |= carriedIsOurs ? drop.apiKey | drop.authorization : drop.apiKey;
  return apiKey;
}

/** The client's fields that are only for this gateway: bits of `Call.drops`. */
export const drop = { apiKey: 1, authorization: 2, proof: 4, proxy: 8, signature: 16, cookie: 32 } as const;

const fieldsOf: readonly (readonly [bit: number, names: readonly string[]])[] = [
  [drop.apiKey, ['x-api-key']],
  [drop.authorization, ['authorization']],
  [drop.proof, ['dpop']],
  [drop.proxy, ['client-cert', 'client-cert-chain']],
  [drop.signature, ['signature', 'signature-input']],
  [drop.cookie, ['cookie']],
];

/** The engine separates these already (wire/trust.ts). The pipeline drops its own fields again. */
export const replaced = [
  'traceparent',
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
];

/** One set for each combination. `traceparent` and fields about the origin of a call are always replaced by ours. */
const droppedFor: readonly ReadonlySet<string>[] = Array.from(
  { length: 2 ** fieldsOf.length },
  (_, bits) => new Set([...replaced, ...fieldsOf.flatMap(([bit, names]) => ((bits & bit) === 0 ? [] : names))]),
);

/** The names behind `Call.drops`. */
export const fieldsDropped = (bits: number): ReadonlySet<string> => droppedFor[bits] as ReadonlySet<string>;

/** The field stays with the call: it is only for the upstream. */
export function leaveToUpstream(call: Call): undefined {
  call.drops &= drop.proxy | drop.cookie;
  return undefined;
}

/** Returns the text after the scheme `Bearer` (RFC 6750 §2.1) or `DPoP` (RFC 9449 §7.1). Schemes ignore case (RFC 9110 §11.1). */
function credentialIn(call: Call, authorization: string): string | undefined {
  if (authorization.startsWith('Bearer ') && authorization[7] !== ' ') return authorization.slice(7);
  const [, scheme = '', text] = /^(bearer|dpop) +(.*)$/i.exec(authorization) ?? [];
  call.isProofScheme = scheme.length === 4;
  return text;
}

/**
 * Any credential that Tulou issues: control tokens, and every text that names one of our issuers, in any spelling. None of
 * them may reach an upstream, which could use it elsewhere.
 */
export function isOurs(text: string, { state }: Call): boolean {
  if (/^tl(k_live|k_test|t|o|n)_/.test(text)) return true;
  const iss = text.includes('.') ? issuerNamedIn(text) : undefined;
  return iss !== undefined && state.issuer(iss) !== undefined;
}
