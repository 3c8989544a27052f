/** The control role: the platform listener with the control API and what planes serve beside it, and the admin listener. */
import release from '../../package.json' with { type: 'json' };
import { openAdmin } from '../http/admin.ts';
import { isPrivateName } from '../http/origin.ts';
import { listen, type Mount } from '../http/listen.ts';
import { serveRoutes, type RouteHandler } from '../http/routes.ts';
import type { Route } from '../http/router.ts';
import { TrustedProxies } from '../http/trusted-proxies.ts';
import { openMetrics } from '../kernel/metrics.ts';
import type { Address, RunningRole } from '../kernel/role.ts';
import { openVault } from '../kernel/seal.ts';
import { admissionMetrics } from '../http/refusals.ts';
import { openControlAdmission, type ControlAdmission } from '../operations/admission.ts';
import { admissionSettings } from '../operations/admission-settings.ts';
import { describeApi } from '../operations/document.ts';
import type { Deps } from '../operations/handler.ts';
import { answerFrontPage } from '../operations/front-page.ts';
import { callMetrics, measureCalls, type Measure } from '../operations/measure.ts';
import type { Plane } from '../operations/plane.ts';
import { storeFileToken, watchFileToken } from '../operations/platform-tokens.ts';
import { databaseReady } from '../store/ready.ts';
import { openServed, type OpenServed, type ReadSettings } from './planes.ts';

export interface ControlOptions {
  readonly listen: Address;
  readonly admin: Address;
  /** The addresses of this listener and of the gateway from outside; documents and tokens contain them. */
  readonly platformUrl: string;
  readonly gatewayUrl: string;
  /** 32 bytes, the same on every control. */
  readonly masterKey: Uint8Array;
  /** Credentials whose hashes are stored at start, so that nodes and operators can authenticate. */
  readonly nodeToken: string;
  readonly operatorToken: string;
  /** Reads the operator's token again. Absent: it stays as long as this process runs. */
  readonly readOperatorToken?: () => Promise<string>;
  readonly upstreamAllow: Deps['upstreamAllow'];
  /** `TULOU_UNSAFE_UNPROVEN_HOSTS`; by default only a platform that no other machine can reach accepts names without proof. */
  readonly unprovenHosts?: boolean | undefined;
  /** Addresses and CIDR blocks of proxies before this listener. */
  readonly trustedProxies: readonly string[];
}

export interface ControlRoleDeps extends Pick<Deps, 'store' | 'clock' | 'random' | 'log'> {
  readonly planes: readonly Plane[];
  readonly read: ReadSettings;
}

/** Starts control. Needs PostgreSQL to start; when it goes away later, calls answer 503 until it is back. */
export async function startControl(options: ControlOptions, deps: ControlRoleDeps): Promise<RunningRole> {
  const { store, clock, random, log, planes, read } = deps;
  await storeFileToken(deps, 'operator', options.operatorToken);
  await storeFileToken(deps, 'node', options.nodeToken);
  const file = options.readOperatorToken && watchFileToken(options.operatorToken, options.readOperatorToken, deps);
  const metrics = openMetrics();
  const { platformUrl, gatewayUrl, upstreamAllow } = options;
  const vault = openVault(options.masterKey, random);
  const { unprovenHosts = isPrivateName(platformUrl) } = options;
  const ground = { store, clock, random, log, platformUrl, gatewayUrl, upstreamAllow, unprovenHosts, vault };
  const served = await openServed(ground, { planes, read, metrics });
  try {
    const admission = openControlAdmission(read(admissionSettings), metrics.of(admissionMetrics), served.dispatch);
    const measure = measureCalls(metrics.of(callMetrics), clock);
    const routes = routesOf(served, { platformUrl, gatewayUrl }, measure, admission);
    const proxies = new TrustedProxies(options.trustedProxies);
    const mount = joined(served.mounts);
    const platform = await listen(options.listen, serveRoutes(routes, log), { clock, random, log, proxies }, mount);
    const ready = (): Promise<string | undefined> => databaseReady(store, clock);
    const admin = await openAdmin({ listen: options.admin, ready, metrics: metrics.render }, deps);
    return {
      urls: { platform: platform.url, admin: admin.url },
      stop: async () => {
        await platform.close();
        await file?.stop();
        await served.stop();
        await admin.close();
      },
    };
  } catch (error) {
    await file?.stop();
    await served.stop();
    throw error;
  }
}

/** All routes of the platform listener: the operations of all planes, their other routes, and the document of the first. */
function routesOf(
  served: OpenServed,
  { platformUrl, gatewayUrl }: Pick<ControlOptions, 'platformUrl' | 'gatewayUrl'>,
  measure: Measure,
  admission: ControlAdmission,
): readonly Route<RouteHandler>[] {
  const described = served.operations.map(({ operation }) => operation);
  const document = JSON.stringify(describeApi(described, platformUrl, release.version));
  return [
    { method: 'GET', path: '/', target: async (request) => answerFrontPage(request, gatewayUrl) },
    {
      method: 'GET',
      path: '/api/v1/openapi.json',
      target: async () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: document }),
    },
    ...served.operations.map((compiled): Route<RouteHandler> => {
      const { id, method, path } = compiled.operation;
      const target = measure(id, (request, params) => admission.call(compiled, request, params));
      return { method, path: `/api/v1${path}`, target };
    }),
    ...served.routes.map((route): Route<RouteHandler> => ({
      method: route.method,
      path: route.path,
      target: measure(route.path, (request, params) => admission.plain(route, request, params)),
    })),
  ];
}

function joined(mounts: readonly Mount[]): Mount {
  return {
    owns: (path) => mounts.some((mount) => mount.owns(path)),
    handle(message, response) {
      const path = (message.url ?? '/').split('?', 1)[0] ?? '/';
      mounts.find((mount) => mount.owns(path))?.handle(message, response);
    },
  };
}
