/** The control role: the platform listener with the control API and the internal endpoints, and the admin listener. */
import release from '../../package.json' with { type: 'json' };
import { openAdmin } from '../http/admin.ts';
import { listen, type Mount } from '../http/listen.ts';
import { openMetrics } from '../http/metrics.ts';
import { databaseReady } from '../store/ready.ts';
import { serveRoutes, type RouteHandler } from '../http/routes.ts';
import type { Route } from '../http/router.ts';
import { TrustedProxies } from '../http/trusted-proxies.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { Address, RunningRole } from '../kernel/role.ts';
import type { Store } from '../store/store.ts';
import { answerCall, compileBinding } from './call/dispatch.ts';
import type { FindSignedIn } from './call/people.ts';
import type { Binding, ControlDeps } from './call/handler.ts';
import { describeApi } from './document.ts';
import { answerPlain, plainRoutes, type PlainRoute } from './internal.ts';
import { openFeed } from './internal/feed.ts';
import { measureCalls, type Measure } from './measure.ts';
import { openReader } from './openapi/reader.ts';
import { bindings } from './operations.ts';
import { storeFileToken, watchFileToken } from './operators/file-token.ts';

export interface ControlOptions {
  readonly listen: Address;
  readonly admin: Address;
  /** Where this listener and the gateway are reached from outside; they stand in documents and tokens. */
  readonly platformUrl: string;
  readonly gatewayUrl: string;
  /** Credentials whose hashes are stored at start, so that nodes and operators can come in. */
  readonly nodeToken: string;
  readonly operatorToken: string;
  /** Reads the operator's token again. Absent: it stays as long as this process runs. */
  readonly readOperatorToken?: () => Promise<string>;
  readonly upstreamAllow: ControlDeps['upstreamAllow'];
  /** 32 bytes, the same on every control (kernel/fleet-key.ts). */
  readonly fleetKey: Uint8Array;
  readonly seal: ControlDeps['seal'];
  readonly signing: ControlDeps['signing'];
  /** Addresses and CIDR blocks of proxies before this listener; absent: there are none. */
  readonly trustedProxies?: readonly string[];
}

export interface ControlRoleDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** The identity server, on the same listener. */
  readonly mount?: Mount;
  /** Knows the people whom the identity server has signed in. */
  readonly findSignedIn?: FindSignedIn;
}

/** Starts control. Needs PostgreSQL to start; when it goes away later, calls answer 503 until it is back. */
export async function startControl(options: ControlOptions, role: ControlRoleDeps): Promise<RunningRole> {
  const deps = controlDeps(options, role);
  await storeFileToken(deps, 'operator', options.operatorToken);
  await storeFileToken(deps, 'node', options.nodeToken);
  const file = options.readOperatorToken && watchFileToken(options.operatorToken, options.readOperatorToken, deps);
  const feed = await openFeed({ ...deps, store: deps.store.lane('feed') });
  const metrics = openMetrics();
  const routes = routesOf(bindings, plainRoutes(feed), deps, measureCalls(metrics, role.clock));
  const proxies = new TrustedProxies(options.trustedProxies ?? []);
  const platform = await listen(options.listen, serveRoutes(routes, role.log), { ...role, proxies }, role.mount);
  const ready = (): Promise<string | undefined> => databaseReady(role.store, role.clock);
  const admin = await openAdmin({ listen: options.admin, ready, metrics: metrics.render }, role);
  return {
    urls: { platform: platform.url, admin: admin.url },
    stop: async () => {
      await platform.close();
      await file?.stop();
      await feed.close();
      await admin.close();
    },
  };
}

/** All that handlers reach. */
export function controlDeps(
  options: Pick<ControlOptions, 'platformUrl' | 'gatewayUrl' | 'upstreamAllow' | 'fleetKey' | 'seal' | 'signing'>,
  { store, clock, random, log, findSignedIn }: ControlRoleDeps,
): ControlDeps {
  const { platformUrl, gatewayUrl, upstreamAllow, fleetKey, seal, signing } = options;
  const fixed = { platformUrl, gatewayUrl, upstreamAllow, fleetKey, seal, signing, openapi: openReader(clock) };
  return { store, clock, random, log, ...fixed, findSignedIn };
}

/** All routes of the platform listener, from the two tables, and the document of the first. */
export function routesOf(
  operations: readonly Binding[],
  plain: readonly PlainRoute[],
  deps: ControlDeps,
  measure: Measure,
): readonly Route<RouteHandler>[] {
  const described = operations.map(({ operation }) => operation);
  const document = JSON.stringify(describeApi(described, deps.platformUrl, release.version));
  return [
    {
      method: 'GET',
      path: '/api/v1/openapi.json',
      target: async () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: document }),
    },
    ...operations.map((binding): Route<RouteHandler> => {
      const compiled = compileBinding(binding, operations);
      const { id, method, path } = compiled.operation;
      const target = measure(id, (request, params) => answerCall(compiled, request, params, deps));
      return { method, path: `/api/v1${path}`, target };
    }),
    ...plain.map((route): Route<RouteHandler> => ({
      method: route.method,
      path: route.path,
      target: measure(route.path, (request, params) => answerPlain(route, request, params, deps)),
    })),
  ];
}
