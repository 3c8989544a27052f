/** `tulou up`: all roles on one machine, each in a process of its own, over an embedded PostgreSQL or an outside one. */
import { join } from 'node:path';
import { environmentOf, urlOf, type Config } from '../config.ts';
import { sleep, type Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import type { Random } from '../kernel/random.ts';
import type { Address } from '../kernel/role.ts';
import { prepare } from '../store/prepare.ts';
import { openCluster } from '../store/embedded/cluster.ts';
import { startChild, type Child } from './child.ts';
import { openDataDirectory, type DataDirectory } from './data-directory.ts';
import { keep, type Keeper, type Part } from './keeper.ts';
import { reserve } from './ports.ts';
import { ensureMasterKey } from './master-key.ts';
import { ensureToken } from './tokens.ts';

export interface UpOptions {
  readonly config: Config;
  readonly acceptClock: boolean;
  /** `main.ts`, which the children run. */
  readonly program: string;
}

export interface UpDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Told of each thing done on the way, in words for people. */
  readonly progress: (what: string, detail: string) => void;
}

/** The platform, running. */
export interface Platform {
  readonly gateway: string;
  readonly platform: string;
  readonly data: string;
  /** The admin listeners, by role. */
  readonly admin: Readonly<Record<string, string>>;
  readonly operatorTokenFile: string;
  readonly upstreamAllow: readonly string[];
  /** Drains the gateway first, then what it needs; the data directory is free when it settles. */
  stop(): Promise<void>;
}

/** Where files go that the database's user could not reach in the data directory. */
const fallback = '/var/lib/tulou';
const connectionsMax = 60;
const readyMs = 60_000;
const readyPollMs = 20;

/** Starts everything, in order, or throws with everything ended that had been started. */
export async function startUp(options: UpOptions, deps: UpDeps): Promise<Platform> {
  const { config } = options;
  const directory = await openDataDirectory(config.data, options.acceptClock, deps.clock);
  deps.progress('data', `${directory.path}${directory.isNew ? ' (new)' : ''}`);
  const stack: (() => Promise<void>)[] = [async () => directory.lock.release()];
  const stop = async (): Promise<void> => {
    for (const end of stack.splice(0).toReversed()) await end();
  };
  try {
    const gateway = await reserve(config.gatewayListen, '--gateway');
    const platform = await reserve(config.platformListen, '--platform');
    await directory.confirm();
    const started = await startParts({ ...options, gateway, platform, directory }, deps, (part) => stack.push(part));
    const { databaseUrl, ...platformParts } = started;
    await directory.lock.announce(config.databaseUrl === undefined ? { ...platformParts, databaseUrl } : platformParts);
    return { ...platformParts, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Prepared extends UpOptions {
  readonly gateway: Address;
  readonly platform: Address;
  readonly directory: DataDirectory;
}

async function startParts(
  prepared: Prepared,
  deps: UpDeps,
  onStarted: (end: () => Promise<void>) => void,
): Promise<Omit<Platform, 'stop'> & { readonly databaseUrl: string }> {
  const { config, directory } = prepared;
  const operatorTokenFile = join(directory.path, 'operator.token');
  await ensureToken(operatorTokenFile, 'operator', deps.random);
  await ensureToken(join(directory.path, 'node.token'), 'node', deps.random);
  await ensureMasterKey(config.masterKeyFile ?? join(directory.path, 'master.key'), deps.random);
  const databaseUrl = config.databaseUrl ?? (await startDatabase(directory.path, deps, onStarted));
  await prepare(databaseUrl, deps.log);
  deps.progress('database', config.databaseUrl === undefined ? 'PostgreSQL 18, embedded' : 'from TULOU_DATABASE_URL');
  const upstreamAllow = config.upstreamAllow ?? ['loopback'];
  const environment = environmentFor(prepared, databaseUrl, upstreamAllow);
  const admin: Record<string, string> = {};
  for (const roles of [['control', 'worker'], ['gateway']]) {
    const keepers = await settleAll(roles.map((role) => keepRole(role, prepared.program, environment, deps)));
    for (const keeper of keepers) onStarted(() => keeper.stop());
    keepers.forEach((keeper, index) => (admin[roles[index] ?? ''] = keeper.current().urls['admin'] ?? ''));
    await Promise.all(roles.map((role) => becomeReady(role, admin[role] ?? '', deps.clock)));
    deps.progress(roles.join(', '), 'serving');
  }
  return {
    gateway: config.gatewayListen.port === 0 ? urlOf(prepared.gateway) : config.gatewayUrl,
    platform: config.platformListen.port === 0 ? urlOf(prepared.platform) : config.platformUrl,
    data: directory.path,
    admin,
    operatorTokenFile,
    upstreamAllow,
    databaseUrl,
  };
}

async function startDatabase(
  dir: string,
  deps: UpDeps,
  onStarted: (end: () => Promise<void>) => void,
): Promise<string> {
  const cluster = await openCluster({ dir, fallback, connectionsMax, durable: true }, deps.clock, deps.log);
  const keeper = await keep<Part>('postgres', () => cluster.start(), deps.clock, deps.log);
  onStarted(() => keeper.stop());
  return cluster.url;
}

/** What the children read: the same settings as this process's own, with what was decided here. */
function environmentFor(
  prepared: Prepared,
  databaseUrl: string,
  upstreamAllow: readonly string[],
): ReturnType<typeof environmentOf> {
  const { config, gateway, platform, directory } = prepared;
  const text = ({ host, port }: Address): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
  const settings = environmentOf({
    databaseUrl,
    data: directory.path,
    controlUrl: urlOf(platform),
    nodeTokenFile: join(directory.path, 'node.token'),
    operatorTokenFile: join(directory.path, 'operator.token'),
    masterKeyFile: config.masterKeyFile ?? join(directory.path, 'master.key'),
    gatewayListen: text(gateway),
    platformListen: text(platform),
    platformUrl: config.platformListen.port === 0 ? urlOf(platform) : config.platformUrl,
    gatewayUrl: config.gatewayListen.port === 0 ? urlOf(gateway) : config.gatewayUrl,
    upstreamAllow: upstreamAllow.join(','),
  });
  // Compiling the sources is most of what a role's start costs; Node keeps what it has made of them.
  return { NODE_COMPILE_CACHE: join(directory.path, 'cache'), ...settings };
}

/** The admin port is any free one at first, and the same after a restart: whoever watches the role finds it again. */
function keepRole(
  role: string,
  program: string,
  environment: ReturnType<typeof environmentOf>,
  { clock, log }: UpDeps,
): Promise<Keeper<Child>> {
  let admin = '127.0.0.1:0';
  const start = async (): Promise<Child> => {
    const child = await startChild(
      { role, program, environment: { ...environment, TULOU_ADMIN_LISTEN: admin } },
      clock,
      log,
    );
    if (child.urls['admin'] !== undefined) admin = new URL(child.urls['admin']).host;
    return child;
  };
  return keep(role, start, clock, log);
}

/** All, or where one fails, none: the others are stopped before its error is thrown. */
async function settleAll(starting: readonly Promise<Keeper<Child>>[]): Promise<readonly Keeper<Child>[]> {
  const results = await Promise.allSettled(starting);
  const failed = results.find((result) => result.status === 'rejected');
  const started = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (failed === undefined) return started;
  await Promise.all(started.map((keeper) => keeper.stop()));
  throw failed.reason;
}

/** Waits until the role says that it is ready to serve; asks it, as there is nothing to wait for but its answer. */
async function becomeReady(role: string, adminUrl: string, clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + readyMs;
  for (;;) {
    const answer = await fetch(`${adminUrl}/readyz`).catch(() => undefined);
    const said = await answer?.text();
    if (answer?.ok === true) return;
    if (clock.monotonic() > deadline) {
      throw new OperatorError(
        'role_not_ready',
        `The role ${role} does not become ready: ${said?.trim() ?? 'it does not answer'}.`,
        {
          remedy: 'What it logged is above. Start again with TULOU_LOG_LEVEL=debug to see more.',
        },
      );
    }
    await sleep(clock, readyPollMs);
  }
}
