/**
 * The proxies whose fields about a client are trusted. A proxy that the operator names may report the client's address and
 * certificate. From any other sender the same fields are ignored.
 */
import { BlockList, isIP } from 'node:net';
import type { IncomingMessage } from 'node:http';

/** The client, behind the proxies. */
export interface Client {
  /** IPv4-mapped addresses as IPv4. */
  readonly address: string;
  /** DER of the certificate that it proved to a trusted proxy (RFC 9440). */
  readonly certificate: Buffer | undefined;
}

/** Where a proxy says who its client is; from anybody else these are dropped. */
export const proxyFields: readonly string[] = [
  'forwarded',
  'x-forwarded-for',
  'x-real-ip',
  'client-cert',
  'client-cert-chain',
];

export class TrustedProxies {
  /** The most common installation: no proxy is trusted. */
  readonly none: boolean;
  readonly #ranges = new BlockList();
  readonly #verdicts = new Map<string, boolean>();

  /** `ranges`: addresses and CIDR blocks. Throws a TypeError at one that is neither. */
  constructor(ranges: readonly string[]) {
    this.none = ranges.length === 0;
    for (const text of ranges) this.#add(text);
  }

  #add(text: string): void {
    const range = readRange(text);
    if (range === undefined) throw new TypeError(`${text} is neither an address nor a CIDR block`);
    this.#ranges.addSubnet(range.address, range.bits, range.family);
  }

  /** Whether the host at this address is one of the proxies. */
  trusts(address: string): boolean {
    if (this.none) return false;
    const known = this.#verdicts.get(address);
    if (known !== undefined) return known;
    const plain = unmapped(address);
    const family = isIP(plain);
    const verdict = family !== 0 && this.#ranges.check(plain, family === 6 ? 'ipv6' : 'ipv4');
    if (this.#verdicts.size >= verdictsMax) this.#verdicts.clear();
    this.#verdicts.set(address, verdict);
    return verdict;
  }

  /**
   * The right-most address that is no proxy's: each proxy appends whom it was called by, so what is further left is what the
   * client itself wrote. Where an entry is no address, the host that vouched for it is the last one known.
   */
  addressOf(peer: string, forwardedFor: string | undefined): string {
    let address = unmapped(peer);
    if (forwardedFor === undefined || !this.trusts(address)) return address;
    for (const entry of forwardedFor.split(',').toReversed()) {
      const next = addressIn(entry.trim());
      if (next === undefined) return address;
      address = next;
      if (!this.trusts(address)) return address;
    }
    return address;
  }

  /** The certificate in `Client-Cert` (RFC 9440 §2.2), where the peer is trusted to have checked that the client holds its key. */
  certificateOf(peer: string, clientCert: string | undefined): Buffer | undefined {
    if (clientCert === undefined || !this.trusts(unmapped(peer))) return undefined;
    const [, text] = /^:([A-Za-z0-9+/]+={0,2}):$/.exec(clientCert.trim()) ?? [];
    const bytes = text === undefined ? undefined : Buffer.from(text, 'base64');
    return bytes?.toString('base64') === text ? bytes : undefined;
  }
}

/** Answers to the same question; peers are few, but what they forward need not be. */
const verdictsMax = 4096;

/** Whether a text is an address or a CIDR block. */
export const isRange = (text: string): boolean => readRange(text) !== undefined;

function readRange(text: string): { address: string; bits: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [, address = '', given] = /^([0-9a-fA-F:.]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(address);
  const bitsMax = family === 6 ? 128 : 32;
  const bits = given === undefined ? bitsMax : Number(given);
  if (family === 0 || bits > bitsMax) return undefined;
  return { address, bits, family: family === 6 ? 'ipv6' : 'ipv4' };
}

const unmapped = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/i, '');

/** `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1` and `[2001:db8::1]:4711`: proxies write all four. */
function addressIn(entry: string): string | undefined {
  const [, six, four] = /^(?:\[([^\]]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$/.exec(entry) ?? [];
  const address = unmapped(six ?? four ?? entry);
  return isIP(address) === 0 ? undefined : address;
}

const introduced = new WeakMap<IncomingMessage, Client>();

/** Notes who sends this message, and takes the fields away that said so: behind here there is one answer, `clientOf`. */
export function introduce(message: IncomingMessage, proxies: TrustedProxies): void {
  const peer = message.socket.remoteAddress ?? '';
  const { 'x-forwarded-for': forwardedFor, 'client-cert': clientCert } = message.headers;
  introduced.set(message, {
    address: proxies.addressOf(peer, typeof forwardedFor === 'string' ? forwardedFor : undefined),
    certificate: proxies.certificateOf(peer, typeof clientCert === 'string' ? clientCert : undefined),
  });
  for (const name of proxyFields) delete message.headers[name];
}

/** The client of this message: the peer of its socket, unless a proxy has introduced another. */
export function clientOf(message: IncomingMessage): Client {
  return introduced.get(message) ?? { address: unmapped(message.socket.remoteAddress ?? ''), certificate: undefined };
}
