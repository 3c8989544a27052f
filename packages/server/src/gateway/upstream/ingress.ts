/** Where the host of this machine takes calls to the services that it runs. */
import type { UpstreamOrigin } from '../wire/exchange.ts';

/** A Unix socket, or in tests a port of this machine. */
export type Ingress = { readonly socket: string } | { readonly host: string; readonly port: number };

/** The ingress as the origin of one service: each has connections of its own, so that a slow one holds up no other. */
export function ingressOrigin(ingress: Ingress, service: string, { hostField }: UpstreamOrigin): UpstreamOrigin {
  const at = 'socket' in ingress ? { host: 'ingress', port: 0, socket: ingress.socket } : ingress;
  return { key: `ingress ${service}`, tls: false, ...at, hostField, isIngress: true };
}
