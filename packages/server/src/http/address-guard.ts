/**
 * The addresses that may be connected to if a tenant, a client or a member has given the name: an upstream, an identity
 * provider, a notification endpoint. None of them may reach the machine's own services, the private network or a cloud's metadata
 * through this program. Judged on the address that is about to be connected to, so that a name which resolves differently the second
 * time gains nothing.
 */
import { isIP } from 'node:net';

/** Undefined: allowed; a text: why not. */
type Guard = (address: string, family: 4 | 6) => string | undefined;

/** Classes of addresses that an operator can allow. */
export type AllowedClass = 'loopback' | 'private' | 'link-local';
export type AddressClass = AllowedClass | 'unspecified' | 'multicast' | 'reserved';

/** A guard that refuses all but global unicast addresses and the classes given. */
export function addressGuard(allowed: readonly AllowedClass[]): Guard {
  const allows = new Set<string>(allowed);
  return (address, family) => {
    const found = classOf(address, family);
    return found === undefined || allows.has(found) ? undefined : `the address is ${found}`;
  };
}

/** The class of an address; undefined for a public one. */
export const classOf = (address: string, family: 4 | 6): AddressClass | undefined =>
  family === 4 ? classOf4(parse4(address)) : classOf6(parse6(address));

/** The class of the host of a URL, if it is an address or a local name; undefined: a public one, or a name to be resolved. */
export function hostClass(hostname: string): AddressClass | undefined {
  const host = hostname
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.+$/, '')
    .toLowerCase();
  const family = isIP(host);
  if (family === 4 || family === 6) return classOf(host, family);
  return host === 'localhost' || host.endsWith('.localhost') ? 'loopback' : undefined;
}

/** IANA IPv4 Special-Purpose Address Registry: what is not globally reachable. */
const special4: readonly (readonly [prefix: string, bits: number, kind: AddressClass])[] = [
  ['0.0.0.0', 8, 'unspecified'],
  ['10.0.0.0', 8, 'private'],
  ['100.64.0.0', 10, 'private'], // shared address space of carriers, RFC 6598
  ['127.0.0.0', 8, 'loopback'],
  ['169.254.0.0', 16, 'link-local'], // the metadata services of clouds too
  ['172.16.0.0', 12, 'private'],
  ['192.0.0.0', 24, 'reserved'],
  ['192.0.2.0', 24, 'reserved'],
  ['192.88.99.0', 24, 'reserved'],
  ['192.168.0.0', 16, 'private'],
  ['198.18.0.0', 15, 'reserved'],
  ['198.51.100.0', 24, 'reserved'],
  ['203.0.113.0', 24, 'reserved'],
  ['224.0.0.0', 4, 'multicast'],
  ['240.0.0.0', 4, 'reserved'],
];

const ranges4 = special4.map(([prefix, bits, kind]) => ({
  prefix: parse4(prefix) ?? 0,
  shift: 2 ** (32 - bits),
  kind,
}));

function classOf4(address: number | undefined): AddressClass | undefined {
  if (address === undefined) return 'reserved';
  for (const { prefix, shift, kind } of ranges4) {
    if (Math.floor(address / shift) === Math.floor(prefix / shift)) return kind;
  }
  return undefined;
}

/** IANA IPv6 Special-Purpose Address Registry; what lies outside 2000::/3 and is not named here is not assigned. */
function classOf6(groups: readonly number[] | undefined): AddressClass | undefined {
  if (groups === undefined) return 'reserved';
  const [a = 0, b = 0, c = 0] = groups;
  if (groups.slice(0, 5).every((group) => group === 0)) return classOfLow6(groups);
  if (a === 0x64 && b === 0xff9b) return c === 0 ? classOf4(low32(groups)) : 'private'; // NAT64, RFC 6052 and 8215
  if ((a & 0xfe00) === 0xfc00) return 'private';
  if ((a & 0xffc0) === 0xfe80) return 'link-local';
  if ((a & 0xffc0) === 0xfec0) return 'private'; // site-local, deprecated by RFC 3879
  if ((a & 0xff00) === 0xff00) return 'multicast';
  if ((a & 0xe000) !== 0x2000) return 'reserved';
  return isSpecialGlobal(a, b) ? 'reserved' : undefined;
}

/** ::/80: unspecified, loopback, IPv4-mapped; IPv4-compatible and translated ones are obsolete. */
function classOfLow6(groups: readonly number[]): AddressClass | undefined {
  if (groups[5] === 0xffff) return classOf4(low32(groups));
  if (groups[5] !== 0) return 'reserved';
  const low = low32(groups);
  return low === 0 ? 'unspecified' : low === 1 ? 'loopback' : 'reserved';
}

/** Inside 2000::/3, but not a place to call: Teredo and others of 2001::/23, documentation, 6to4. */
const isSpecialGlobal = (a: number, b: number): boolean =>
  (a === 0x2001 && b < 0x0200) || (a === 0x2001 && b === 0x0db8) || a === 0x2002 || (a === 0x3fff && b < 0x1000);

const low32 = (groups: readonly number[]): number => (groups[6] ?? 0) * 65_536 + (groups[7] ?? 0);

/** Dotted quads only: a resolver gives nothing else, and `0177.1` must not pass for something harmless. */
function parse4(address: string): number | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (match === null) return undefined;
  let value = 0;
  for (const part of match.slice(1)) {
    if (Number(part) > 255 || (part.length > 1 && part.startsWith('0'))) return undefined;
    value = value * 256 + Number(part);
  }
  return value;
}

/** Eight groups of an IPv6 address in any of its forms (RFC 4291 §2.2); a zone is cut off. */
function parse6(address: string): number[] | undefined {
  const halves = withHexTail(address.split('%')[0] ?? '').split('::');
  if (halves.length > 2) return undefined;
  const front = groupsOf(halves[0] ?? '');
  const back = groupsOf(halves[1] ?? '');
  if (front === undefined || back === undefined) return undefined;
  if (halves.length === 1) return front.length === 8 ? front : undefined;
  const gap = 8 - front.length - back.length;
  return gap < 1 ? undefined : [...front, ...Array<number>(gap).fill(0), ...back];
}

/** `::ffff:10.0.0.1` as `::ffff:a00:1`. A tail that is no dotted quad stays, and is then no valid group. */
function withHexTail(address: string): string {
  const colon = address.lastIndexOf(':');
  const quad = parse4(address.slice(colon + 1));
  if (quad === undefined) return address;
  return `${address.slice(0, colon + 1)}${Math.floor(quad / 65_536).toString(16)}:${(quad % 65_536).toString(16)}`;
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':');
  return parts.every((part) => /^[0-9a-f]{1,4}$/i.test(part))
    ? parts.map((part) => Number.parseInt(part, 16))
    : undefined;
}
