/**
 * Where a version may lead. A tenant may not point the gateway at the platform's own networks. Only literal addresses
 * and local names can be judged here; what a name resolves to is judged by the gateway at each connect.
 */
import { BlockList, isIP } from 'node:net';
import { Problem, type Violation } from '@tulou/contract';

export type AddressClass = 'loopback' | 'private' | 'link-local' | 'reserved';
/** The classes that an operator can allow; `reserved` never is. */
export type AllowedClass = Exclude<AddressClass, 'reserved'>;

const ranges: readonly (readonly [AddressClass, string])[] = [
  ['loopback', '127.0.0.0/8'],
  ['loopback', '::1/128'],
  ['link-local', '169.254.0.0/16'],
  ['link-local', 'fe80::/10'],
  ['private', '10.0.0.0/8'],
  ['private', '172.16.0.0/12'],
  ['private', '192.168.0.0/16'],
  ['private', '100.64.0.0/10'],
  ['private', 'fc00::/7'],
  ['private', 'fec0::/10'],
  // "This network", protocol assignments, documentation, benchmarks, multicast, future use and broadcast (RFC 6890).
  ['reserved', '0.0.0.0/8'],
  ['reserved', '192.0.0.0/24'],
  ['reserved', '192.0.2.0/24'],
  ['reserved', '198.18.0.0/15'],
  ['reserved', '198.51.100.0/24'],
  ['reserved', '203.0.113.0/24'],
  ['reserved', '224.0.0.0/3'],
  ['reserved', '::/128'],
  ['reserved', '100::/64'],
  ['reserved', '2001:db8::/32'],
  ['reserved', 'ff00::/8'],
  // Addresses that carry an IPv4 one: a translator or relay on the way would lead to it (RFC 6052, 8215, 3056, 4380).
  ['reserved', '64:ff9b::/96'],
  ['reserved', '64:ff9b:1::/48'],
  ['reserved', '2002::/16'],
  ['reserved', '2001::/32'],
];

const lists = new Map<AddressClass, BlockList>();
for (const [name, range] of ranges) {
  const [network = '', bits] = range.split('/');
  const list = lists.get(name) ?? new BlockList();
  list.addSubnet(network, Number(bits), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  lists.set(name, list);
}

/** The class of an IP address literal; undefined for a public one. An IPv4-mapped address is judged as the IPv4 one. */
export function addressClass(address: string): AddressClass | undefined {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  return [...lists].find(([, list]) => list.check(address, family))?.[0];
}

/**
 * Throws `invalid_request` for URLs that are none of ours, and `upstream_address_refused` for an address of a class that
 * the operator has not allowed.
 */
export function judgeUpstreams(upstreams: readonly { readonly url: string }[], allow: readonly AllowedClass[]): void {
  const violations = upstreams.flatMap(({ url }, i): Violation[] => {
    const message = faultOf(url);
    return message === undefined ? [] : [{ pointer: `/upstreams/${i}/url`, message }];
  });
  if (violations.length > 0) throw new Problem('invalid_request', { violations });
  for (const [i, { url }] of upstreams.entries()) {
    const found = hostClass(new URL(url).hostname);
    if (found === undefined || (found !== 'reserved' && allow.includes(found))) continue;
    const message = `leads to a ${found} address, which this platform does not forward to`;
    throw new Problem('upstream_address_refused', { violations: [{ pointer: `/upstreams/${i}/url`, message }] });
  }
}

function faultOf(text: string): string | undefined {
  if (!/^https?:\/\/[^/]/i.test(text) || /[\s\\\x00-\x1f]/.test(text) || !URL.canParse(text)) {
    return 'must be a URL that begins with http:// or https://';
  }
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'must not hold a user or password';
  if (text.includes('#')) return 'must not have a fragment';
  if (text.includes('?')) return 'must not have a query: that of the call is forwarded';
  return undefined;
}

/** `URL` has already turned octal, hexadecimal and short forms of an IPv4 address into the usual one. */
export function hostClass(hostname: string): AddressClass | undefined {
  const host = hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  if (isIP(host) !== 0) return addressClass(host);
  return host === 'localhost' || host.endsWith('.localhost') ? 'loopback' : undefined;
}
