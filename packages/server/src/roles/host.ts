/** The host role: runs what control says in sandboxes. It needs no database, and serves from its disk while control is away. */
import { HostError, openHost, type RunningHost } from '@tulou/host';
import { openAdmin } from '../http/admin.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { openMetrics } from '../kernel/metrics.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import type { Random } from '../kernel/random.ts';
import type { Address, RunningRole } from '../kernel/role.ts';

export interface HostRoleOptions {
  readonly admin: Address;
  /** Absolute. */
  readonly dataDir: string;
  readonly controlUrl: string;
  readonly nodeToken: string;
  readonly ingress: { readonly socket: string } | Address;
}

interface HostRoleDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

/** Starts the host, and proves first that this machine can run a sandbox. */
export async function startHost(options: HostRoleOptions, deps: HostRoleDeps): Promise<RunningRole> {
  const host = await open(options, deps);
  let isConfigured = false;
  void host.configured.then(() => (isConfigured = true));
  const ready = async (): Promise<string | undefined> =>
    isConfigured ? undefined : 'control has not said yet what should run';
  const metrics = openMetrics();
  try {
    const admin = await openAdmin({ listen: options.admin, ready, metrics: metrics.render }, deps);
    return {
      urls: { admin: admin.url },
      stop: async () => {
        await host.stop();
        await admin.close();
      },
    };
  } catch (error) {
    await host.stop();
    throw error;
  }
}

async function open(
  { dataDir, controlUrl, nodeToken, ingress }: HostRoleOptions,
  deps: HostRoleDeps,
): Promise<RunningHost> {
  const address = 'socket' in ingress ? { path: ingress.socket } : { port: ingress.port };
  try {
    return await openHost({ dir: dataDir, control: { url: controlUrl, token: nodeToken }, ingress: address }, deps);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    throw new OperatorError('host_failed', error.reason, { remedy: error.remedy, cause: error });
  }
}
