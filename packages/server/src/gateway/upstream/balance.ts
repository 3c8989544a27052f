/** Selects one of a version's upstreams: smooth weighted round robin, in each thread separately. */
import type { Environment, SnapshotOf } from '@tulou/contract';
import type { UpstreamOrigin } from '../wire/exchange.ts';

/** One upstream of a version: its origin, and the path that precedes every forwarded path. */
export interface Target {
  readonly origin: UpstreamOrigin;
  /** Without a trailing slash; empty if the URL has no path. */
  readonly basePath: string;
  readonly weight: number;
  current: number;
  /** The service behind it, where a host runs it: it is reached by the host's ingress, not by `origin`. */
  readonly service: string | undefined;
}

/** The upstreams of each environment; undefined: the version does not serve it. */
export type Targets = Readonly<Record<Environment, readonly Target[] | undefined>>;

type Upstreams = SnapshotOf<'version'>['upstreams'];

/**
 * Reads a version's upstreams. An environment with its own upstreams uses no others, even if they take no calls: a test call
 * must not reach production because the sandbox is drained.
 */
export function targetsOf(upstreams: Upstreams): Targets {
  const common = targetsAmong(upstreams.filter(({ environment }) => environment === undefined));
  const of = (one: Environment): readonly Target[] | undefined => {
    const own = upstreams.filter(({ environment }) => environment === one);
    if (own.length > 0) return targetsAmong(own);
    return upstreams.every(({ environment }) => environment !== undefined) && upstreams.length > 0 ? undefined : common;
  };
  return { live: of('live'), test: of('test') };
}

/** Weight 0 takes no calls. The URLs were parsed when the configuration arrived. */
function targetsAmong(upstreams: Upstreams): Target[] {
  const targets: Target[] = [];
  for (const { url, weight, service } of upstreams) {
    const parsed = URL.parse(url);
    if (parsed === null || weight === 0) continue;
    const basePath = parsed.pathname.replace(/\/+$/, '');
    targets.push({ origin: originOf(parsed), basePath, weight, current: 0, service });
  }
  return targets;
}

function originOf(url: URL): UpstreamOrigin {
  const tls = url.protocol === 'https:';
  return {
    key: url.origin,
    tls,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (tls ? 443 : 80) : Number(url.port),
    hostField: url.host,
  };
}

/**
 * The next upstream. Each gains its weight; the greatest is selected and pays the sum. The turns of a heavy upstream are thus
 * spread and not consecutive.
 */
export function nextTarget(targets: readonly Target[]): Target | undefined {
  const only = targets[0];
  if (targets.length < 2) return only;
  let sum = 0;
  let best = only;
  for (const target of targets) {
    target.current += target.weight;
    sum += target.weight;
    if (best === undefined || target.current > best.current) best = target;
  }
  if (best !== undefined) best.current -= sum;
  return best;
}
