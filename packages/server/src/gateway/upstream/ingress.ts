/** Where the host of this machine takes calls to the services that it runs. */
import type { Environment } from '@tulou/contract';
import { ingressFields } from '@tulou/contract/hosting';
import type { UpstreamOrigin } from '../wire/exchange.ts';

/** A Unix socket, or in tests a port of this machine. */
export type Ingress = { readonly socket: string } | { readonly host: string; readonly port: number };

/** The ingress as the origin of one service: each has connections of its own, so that a slow one holds up no other. */
export function ingressOrigin(ingress: Ingress, service: string, { hostField }: UpstreamOrigin): UpstreamOrigin {
  const at = 'socket' in ingress ? { host: 'ingress', port: 0, socket: ingress.socket } : ingress;
  return { key: `ingress ${service}`, tls: false, ...at, hostField, isIngress: true };
}

/** The fields that say which service a call is for. Clients cannot send them: no `Tulou-*` field of a client passes. */
export const ingressFieldsOf = (service: string, environment: Environment): readonly string[] => [
  ingressFields.service,
  service,
  ingressFields.environment,
  environment,
];
