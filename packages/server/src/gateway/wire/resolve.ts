/**
 * Resolves the name of a host to addresses that may be connected to. The guard checks the same addresses that are used: no
 * name is resolved twice.
 */
import { lookup } from 'node:dns';
import { isIP } from 'node:net';
import { hasDescriptors } from '../../kernel/descriptors.ts';
import type { AddressGuard } from './exchange.ts';
import type { Fault } from './faults.ts';

export interface ResolvedAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Name → addresses; an empty list: there are none. `fault`: why the resolver could not work; absent: the name is at fault. */
export type Resolve = (host: string, done: (addresses: readonly ResolvedAddress[], fault?: Fault) => void) => void;

const MAPPED = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** An IPv4-mapped IPv6 address is the IPv4 address that it reaches. */
export function plainAddress(address: string): string {
  return MAPPED.exec(address)?.[1] ?? address;
}

/** The system's resolver (`/etc/hosts`, DNS). */
export const systemResolve: Resolve = (host, done) => {
  lookup(host, { all: true, order: 'verbatim' }, (error, addresses) => {
    if (error === null) done(addresses.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 })));
    else done([], hasDescriptors() ? undefined : { cause: 'gateway_out_of_descriptors' });
  });
};

/** Concurrent requests for the same name share one query: the system's resolver has few threads, shared by all. */
export function coalesced(resolve: Resolve): Resolve {
  const asked = new Map<string, Parameters<Resolve>[1][]>();
  return (host, done) => {
    const waiting = asked.get(host);
    if (waiting !== undefined) return void waiting.push(done);
    const all = [done];
    asked.set(host, all);
    resolve(host, (addresses, fault) => {
      asked.delete(host);
      for (const each of all) each(addresses, fault);
    });
  };
}

export interface Verdict {
  readonly allowed: readonly ResolvedAddress[];
  /** There were addresses, but the guard rejected all. */
  readonly refused: boolean;
  readonly fault?: Fault | undefined;
}

/** Resolves `host` and keeps the addresses that `guard` allows. Literal addresses are checked too. */
export function resolveGuarded(
  host: string,
  resolve: Resolve,
  guard: AddressGuard,
  done: (verdict: Verdict) => void,
): void {
  const name = host.startsWith('[') ? host.slice(1, -1) : host;
  const judge = (addresses: readonly ResolvedAddress[], fault?: Fault): void => {
    const plain = addresses
      .map(({ address }) => plainAddress(address))
      .map((address) => ({ address, family: isIP(address) === 6 ? 6 : 4 }) as const);
    const allowed = plain.filter(({ address, family }) => guard(address, family) === undefined);
    done({ allowed, refused: allowed.length === 0 && plain.length > 0, fault });
  };
  if (isIP(name) === 0) resolve(name, judge);
  else judge([{ address: name, family: isIP(name) === 6 ? 6 : 4 }]);
}
