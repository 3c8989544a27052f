/** The fields that inform the upstream about the connection of a call. Only this gateway sets them, and they are always true. */
import { isIPv6 } from 'node:net';
import type { Call, Gate } from '../call.ts';

/** `Forwarded` (RFC 7239) and its older equivalents. They have one hop: the client that this gateway knows. */
export function forwardingFields(call: Call, gate: Gate): readonly string[] {
  const { exchange, address } = call;
  const isProxied = gate.proxies.trusts(exchange.remoteAddress);
  const proto = (isProxied ? protoIn(call) : undefined) ?? (exchange.secure ? 'https' : 'http');
  const host = (isProxied ? hostIn(call) : undefined) ?? exchange.head.host;
  const node = isIPv6(address) ? `"[${address}]"` : address;
  // A client of HTTP/1.0 may have sent no host.
  const named = host === '' ? [] : ['x-forwarded-host', host];
  const forwarded = `for=${node}${host === '' ? '' : `;host="${host}"`};proto=${proto}`;
  return ['forwarded', forwarded, 'x-forwarded-for', address, 'x-forwarded-proto', proto, ...named];
}

/** The last value counts: the nearest proxy wrote it. */
function claimed(call: Call, wanted: string): string | undefined {
  const { fields, claims = [] } = call.exchange.head;
  let last: string | undefined;
  for (const list of [fields, claims])
    for (let index = 0; index < list.length; index += 2) if (list[index] === wanted) last = list[index + 1];
  return last?.split(',').at(-1)?.trim().toLowerCase();
}

function protoIn(call: Call): string | undefined {
  const proto = claimed(call, 'x-forwarded-proto');
  return proto === 'http' || proto === 'https' ? proto : undefined;
}

function hostIn(call: Call): string | undefined {
  const host = claimed(call, 'x-forwarded-host');
  return host !== undefined && /^(?:[a-z0-9._-]{1,255}|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?$/.test(host)
    ? host
    : undefined;
}
