/** `tulou up`: all roles on one machine, each in a process of its own, over an embedded PostgreSQL or an outside one. */
import { join } from 'node:path';
import { environmentFor, startLine, urlOf, type Config, type SettingName } from '../config.ts';
import { sleep, type Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { OperatorError } from '../kernel/operator-error.ts';
import type { Random } from '../kernel/random.ts';
import type { Address } from '../kernel/role.ts';
import type { SealedSample } from '../store/installation.ts';
import { prepare } from '../store/prepare.ts';
import { openStore } from '../store/store.ts';
import { openCluster } from '../store/embedded/cluster.ts';
import { startChild, type Child } from './child.ts';
import { fallback } from './database.ts';
import { openDataDirectory, type DataDirectory } from './data-directory.ts';
import { keep, type Keeper, type Part } from './keeper.ts';
import { reserveAll } from './ports.ts';
import { ensureKeyOf, holdMasterKey, readMasterKey } from './master-key.ts';
import type { RoleName } from '../kernel/settings.ts';
import { ensureToken } from './tokens.ts';

export interface UpOptions {
  readonly config: Config;
  /** Whether this machine also runs the services of tenants. */
  readonly services: boolean;
  readonly acceptClock: boolean;
  /** `main.ts`, which the children run. */
  readonly program: string;
}

export interface UpDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Receives each completed step, as text for people. */
  readonly progress: (what: string, detail: string) => void;
  /** Whether a master key opens what was sealed. */
  readonly opens: (masterKey: Uint8Array, sample: SealedSample) => boolean;
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
    const { gateway, platform } = await reserveBoth(config);
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

async function reserveBoth(config: Config): Promise<{ gateway: Address; platform: Address }> {
  const given = config.data === '.tulou' ? [] : ['--data', config.data];
  const listening = [
    { flag: '--gateway', address: config.gatewayListen },
    { flag: '--platform', address: config.platformListen },
  ];
  const [gateway = config.gatewayListen, platform = config.platformListen] = await reserveAll(listening, (flags) =>
    startLine([...given, ...flags]),
  );
  return { gateway, platform };
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
  const databaseUrl = config.databaseUrl ?? (await startDatabase(directory.path, deps, onStarted));
  await prepare(databaseUrl, deps.log, deps.clock);
  await holdKey(config.masterKeyFile ?? join(directory.path, 'master.key'), databaseUrl, deps);
  deps.progress('database', config.databaseUrl === undefined ? 'PostgreSQL 18, embedded' : 'from TULOU_DATABASE_URL');
  const upstreamAllow = config.upstreamAllow ?? ['loopback'];
  const settings = settingsFor(prepared, databaseUrl, upstreamAllow);
  const admin: Record<string, string> = {};
  for (const roles of stepsOf(prepared)) {
    const keepers = await settleAll(roles.map((role) => keepRole(role, prepared, settings, deps)));
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

/** Makes the master key of a new installation; refuses another one than the database was made with. */
async function holdKey(path: string, databaseUrl: string, deps: UpDeps): Promise<void> {
  const store = openStore({ url: databaseUrl, connectionsMax: 2 }, deps.clock);
  try {
    await ensureKeyOf(path, { ...deps, store });
    await holdMasterKey(path, await readMasterKey(path), { ...deps, store });
  } finally {
    await store.close();
  }
}

type Settings = Readonly<Partial<Record<SettingName, string>>>;

/** The settings of this process, with what was decided here. Each role is given those that it reads. */
function settingsFor(prepared: Prepared, databaseUrl: string, upstreamAllow: readonly string[]): Settings {
  const { config, gateway, platform, directory } = prepared;
  const text = ({ host, port }: Address): string => (host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`);
  return {
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
  };
}

/** In the order of their start. */
const stepsOf = ({ services }: UpOptions): readonly (readonly RoleName[])[] => [
  ['control', 'worker'],
  ['gateway'],
  ...(services ? [['host'] as const] : []),
];

/** The admin port is any free one at first, and the same after a restart: a monitor finds the role again. */
function keepRole(
  role: RoleName,
  { program, directory }: Prepared,
  settings: Settings,
  { clock, log }: UpDeps,
): Promise<Keeper<Child>> {
  let adminListen = '127.0.0.1:0';
  // Compiling the sources is most of what a role's start costs; Node keeps what it has made of them.
  const cache = { NODE_COMPILE_CACHE: join(directory.path, 'cache') };
  const start = async (): Promise<Child> => {
    const environment = { ...cache, ...environmentFor(role, { ...settings, adminListen }) };
    const child = await startChild({ role, program, environment }, clock, log);
    if (child.urls['admin'] !== undefined) adminListen = new URL(child.urls['admin']).host;
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
