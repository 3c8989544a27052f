/** Choice among a version's upstreams: smooth weighted round robin, each thread by itself. */
import type { Environment, SnapshotOf } from '@tulou/contract';
import type { UpstreamOrigin } from '../wire/exchange.ts';

/** One upstream of a version: where to connect, and the path that stands before every forwarded one. */
export interface Target {
  readonly origin: UpstreamOrigin;
  /** Without a slash at its end; empty where the URL has no path. */
  readonly basePath: string;
  readonly weight: number;
  current: number;
  /** The service behind it, where a host runs it: it is reached by the host's ingress, not by `origin`. */
  readonly service: string | undefined;
}

/** Where the calls of each environment go; undefined: the version does not serve it. */
export type Targets = Readonly<Record<Environment, readonly Target[] | undefined>>;

type Upstreams = SnapshotOf<'version'>['upstreams'];

/**
 * Reads a version's upstreams. An environment with upstreams of its own uses no others, not even while these take no calls:
 * a test call must not reach production because the sandbox is drained.
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

/** Weight 0 takes no calls. The URLs have been parsed once at the door. */
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
 * The next one: each gains its weight, the greatest is taken and pays the sum, so that a heavy upstream's turns are
 * spread instead of coming in a row.
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
