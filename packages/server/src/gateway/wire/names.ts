/** Field names that the engine knows, each with its role. Every other field is end-to-end and is passed on. */
import { tokenLower } from './octets.ts';
import { isTrusted, isTwin } from './trust.ts';

export const role = {
  endToEnd: 0,
  /** Only for this hop: not read and never passed on (RFC 9110 §7.6.1). */
  hop: 1,
  host: 2,
  contentLength: 3,
  transferEncoding: 4,
  connection: 5,
  expect: 6,
  upgrade: 7,
  keepAlive: 8,
  date: 9,
  /** Names that only this gateway may send: dropped from every other sender. */
  reserved: 10,
  /** The name of a framing field in a spelling that CGI-like servers read as the real field: refused. */
  confusable: 11,
  /** Fields of proxies about a client. They are separated for trusted proxies and never passed on. */
  claim: 12,
  setCookie: 13,
} as const;

export type Role = (typeof role)[keyof typeof role];

const roles: Readonly<Record<string, Role>> = {
  host: role.host,
  'content-length': role.contentLength,
  'transfer-encoding': role.transferEncoding,
  connection: role.connection,
  expect: role.expect,
  upgrade: role.upgrade,
  'keep-alive': role.keepAlive,
  date: role.date,
  te: role.hop,
  trailer: role.hop,
  'proxy-connection': role.hop,
  'proxy-authenticate': role.hop,
  'proxy-authorization': role.hop,
  'proxy-authentication-info': role.hop,
  'http2-settings': role.hop,
  forwarded: role.claim,
  'x-forwarded-for': role.claim,
  'x-forwarded-host': role.claim,
  'x-forwarded-port': role.claim,
  'x-forwarded-proto': role.claim,
  'x-real-ip': role.claim,
  'set-cookie': role.setCookie,
  // Obsolete twins of the two cookie fields (RFC 2965): no current client sends them, but some servers still read them.
  cookie2: role.reserved,
  'set-cookie2': role.reserved,
  // It would end the sessions of everything on this host name, also of the platform.
  'clear-site-data': role.reserved,
};

/** Frequent end-to-end names. They are listed only so that their text is not created again for every message. */
const frequent =
  'accept accept-charset accept-encoding accept-language accept-ranges access-control-allow-credentials access-control-allow-headers ' +
  'access-control-allow-methods access-control-allow-origin access-control-expose-headers access-control-max-age ' +
  'access-control-request-headers access-control-request-method age allow alt-svc authorization baggage cache-control ' +
  'content-disposition content-encoding content-language content-location content-range content-security-policy content-type cookie ' +
  'cross-origin-opener-policy cross-origin-resource-policy digest dnt etag expires from idempotency-key if-match ' +
  'if-modified-since if-none-match if-range if-unmodified-since last-modified link location max-forwards origin permissions-policy ' +
  'pragma prefer preference-applied priority range ratelimit ratelimit-policy referer referrer-policy retry-after sec-ch-ua ' +
  'sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site sec-fetch-user server server-timing ' +
  'strict-transport-security traceparent tracestate upgrade-insecure-requests user-agent vary via www-authenticate ' +
  'x-amzn-trace-id x-api-key x-content-type-options x-correlation-id ' +
  'x-frame-options x-powered-by x-request-id x-requested-with x-xss-protection';

interface KnownName {
  readonly text: string;
  readonly role: Role;
}

const SLOTS = 1024;
const slots: (KnownName[] | undefined)[] = Array.from({ length: SLOTS });

/** The step of the hash that `lookUp` expects, over the lower-case octets of a name, starting at 0. */
export function hashStep(hash: number, lowerOctet: number): number {
  return (Math.imul(hash, 31) + lowerOctet) | 0;
}

function hashOf(text: string): number {
  let hash = 0;
  for (let index = 0; index < text.length; index += 1) hash = hashStep(hash, text.charCodeAt(index));
  return hash;
}

for (const text of [...Object.keys(roles), ...frequent.split(' ')]) {
  const slot = hashOf(text) & (SLOTS - 1);
  (slots[slot] ??= []).push({ text, role: roles[text] ?? role.endToEnd });
}

function spells(text: string, bytes: Uint8Array, from: number): boolean {
  for (let index = 0; index < text.length; index += 1) {
    if (tokenLower[bytes[from + index] as number] !== text.charCodeAt(index)) return false;
  }
  return true;
}

/** The known name that these octets spell in any case, or undefined. `hash` is `hashStep` over them. */
export function lookUp(bytes: Uint8Array, from: number, to: number, hash: number): KnownName | undefined {
  const candidates = slots[hash & (SLOTS - 1)];
  if (candidates === undefined) return undefined;
  for (const candidate of candidates) {
    if (candidate.text.length === to - from && spells(candidate.text, bytes, from)) return candidate;
  }
  return undefined;
}

const reserved = /^tulou[^a-z0-9]/;
const confusable = /^(?:content[^a-z0-9]length|transfer[^a-z0-9]encoding)$/;

/**
 * The role of a lower-case name that `lookUp` does not know. `tulou_tenant` is reserved like `tulou-tenant`: servers in the
 * CGI tradition give both to a program under one name.
 */
export function roleOf(name: string): Role {
  const known = Object.hasOwn(roles, name) ? roles[name] : judged.get(name);
  if (known !== undefined) return known;
  const verdict = judge(name);
  if (judged.size < judgedMax && name.length <= 64) judged.set(name, verdict);
  return verdict;
}

/** Clients send the same names repeatedly. When the cache is full, other names are checked each time. */
const judged = new Map<string, Role>();
const judgedMax = 4096;

function judge(name: string): Role {
  if (reserved.test(name) || isTwin(name)) return role.reserved;
  if (isTrusted(name)) return role.claim;
  return confusable.test(name) ? role.confusable : role.endToEnd;
}

/**
 * Fields that a sender may not declare to be hop-by-hop in `Connection` (RFC 9110 §7.6.1: those meant for all recipients).
 * Otherwise a client could remove the caller, the destination or the length of the content.
 */
const essential = new Set(
  (
    'host content-length transfer-encoding content-type content-encoding content-range content-location date authorization cookie ' +
    'set-cookie cache-control expires vary etag location origin range if-match if-none-match if-modified-since ' +
    'if-unmodified-since if-range forwarded x-forwarded-for x-forwarded-host x-forwarded-proto x-real-ip via expect ' +
    'max-forwards www-authenticate x-api-key idempotency-key traceparent'
  ).split(' '),
);

/** Whether `Connection` may name this lower-case field. */
export function mayBeHopByHop(name: string): boolean {
  return !essential.has(name) && !reserved.test(name) && !isTrusted(name) && !isTwin(name);
}
