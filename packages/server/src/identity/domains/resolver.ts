/** DNS lookups for proofs of ownership: of the servers that the operator names, or else of the system's. */
import { Resolver } from 'node:dns/promises';
import type { ResolveTxt } from './prober.ts';

const timeoutMs = 2000;
const tries = 2;

export function openResolver(servers: readonly string[] | undefined): ResolveTxt {
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  if (servers !== undefined) resolver.setServers(servers);
  return (name) => resolver.resolveTxt(name);
}
