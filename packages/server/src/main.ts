/** The program. The only place where its parts are wired together. */
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import {
  launchedCommands,
  launchedFlags,
  launchedHelp,
  type LaunchedCommand,
  type LaunchedCommandName,
} from '@tulou/contract/commands';
import { readConfig, readLanguage, settingTables, type Config } from './config.ts';
import { systemClock as clock } from './kernel/clock.ts';
import { openLog, type Log, type LogLevel } from './kernel/log.ts';
import { OperatorError } from './kernel/operator-error.ts';
import { systemRandom as random } from './kernel/random.ts';
import type { RunningRole } from './kernel/role.ts';
import { openVault } from './kernel/seal.ts';
import type { Flags } from './kernel/settings.ts';
import { planes } from './planes.ts';
import type { SealedSample } from './store/installation.ts';
import { workerTimeouts, type TimeoutSettings } from './store/lanes.ts';
import { prepare } from './store/prepare.ts';
import { openStore, type Store } from './store/store.ts';
import { serveRole } from './up/child.ts';
import { examine } from './up/doctor/doctor.ts';
import { runningOn } from './up/doctor/installation.ts';
import { report } from './up/doctor/report.ts';
import { padded } from './up/language/cells.ts';
import { inLanguage } from './up/language/translate.ts';
import { holdMasterKey, readMasterKey } from './up/master-key.ts';
import { checkSites } from './up/sites.ts';
import { readToken } from './up/tokens.ts';
import { startUp } from './up/up.ts';
import { nilTenant } from './tenancy/nil-tenant.ts';
import { failureLine, failureText, readyLine, welcome } from './up/words.ts';

/** Settles with the exit code when the command has ended. */
type Run = (config: Config, flags: Flags) => Promise<number>;

// oxfmt-ignore
const runs: { readonly [Name in LaunchedCommandName]: Run } = {
  up,
  gateway,
  control,
  worker,
  host,
  migrate,
  backup,
  restore,
  init,
  'rotate-keys': rotate,
  doctor,
};

async function up(config: Config, given: Flags): Promise<number> {
  const json = given['json'] === true;
  const say = (text: string): void => void (json || process.stdout.write(text));
  const log = openLog('up', config.logLevel ?? 'warn');
  const begun = clock.monotonic();
  const asked = askedToEnd();
  say(`Tulou ${await version()}\n`);
  const language = readLanguage();
  const progress = (what: string, detail: string): void =>
    say(`  ${padded(inLanguage(what, language), 16)} ${inLanguage(detail, language)}\n`);
  const starting = startUp(
    {
      config,
      services: given['services'] === true,
      acceptClock: given['accept-clock'] === true,
      program: import.meta.filename,
    },
    { clock, random, log, progress, opens },
  );
  // A signal may arrive before the platform serves. The process can end immediately, because every part ends with it.
  const platform = await Promise.race([starting, asked]);
  if (platform === undefined) return 0;
  process.stdout.write(json ? `${readyLine(platform)}\n` : welcome(platform, clock.monotonic() - begun, language));
  await asked;
  say(language === 'zh-CN' ? '正在停止。\n' : 'Stopping.\n');
  await platform.stop();
  return 0;
}

/** Settles at the first signal. A second signal ends the process immediately, which ends its children. */
function askedToEnd(): Promise<undefined> {
  return new Promise((resolve) => {
    let signals = 0;
    for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
      process.on(name, () => {
        signals += 1;
        if (signals > 1) process.exit(1);
        resolve(undefined);
      });
    }
    // A program that starts this one with a channel (`npm start` does) has ended.
    process.once('disconnect', () => resolve(undefined));
  });
}

function gateway(config: Config): Promise<number> {
  return serve('gateway', config, async (log) => {
    const { startGateway } = await import('./gateway/gateway.ts');
    return startGateway(
      {
        listen: config.gatewayListen,
        admin: config.adminListen ?? { host: '127.0.0.1', port: 8081 },
        dataDir: join(config.data, 'gateway'),
        controlUrl: required(config.controlUrl, 'TULOU_CONTROL_URL', 'http://127.0.0.1:8090'),
        nodeToken: await readToken(config.nodeTokenFile ?? join(config.data, 'node.token'), 'node'),
        platformUrl: config.platformUrl,
        gatewayUrl: config.gatewayUrl,
        threads: config.gatewayThreads,
        upstreamAllow: config.upstreamAllow ?? [],
        trustedProxies: config.trustedProxies,
        ingress: ingressOf(config),
        accessLog: config.accessLog,
      },
      { clock, random, log },
    );
  });
}

function control(config: Config): Promise<number> {
  return serve('control', config, async (log) => {
    const { startControl } = await import('./roles/control.ts');
    const { platformUrl, gatewayUrl, upstreamAllow = [], unprovenHosts, trustedProxies, read } = config;
    checkSites({ platformUrl, gatewayUrl, oneSite: config.oneSite ?? false });
    const masterKeyFile = config.masterKeyFile ?? join(config.data, 'master.key');
    const masterKey = await readMasterKey(masterKeyFile);
    const readOperatorToken = (): Promise<string> =>
      readToken(config.operatorTokenFile ?? join(config.data, 'operator.token'), 'operator');
    const options = {
      listen: config.platformListen,
      admin: config.adminListen ?? { host: '127.0.0.1', port: 8091 },
      platformUrl,
      gatewayUrl,
      masterKey,
      nodeToken: await readToken(config.nodeTokenFile ?? join(config.data, 'node.token'), 'node'),
      operatorToken: await readOperatorToken(),
      readOperatorToken,
      upstreamAllow,
      unprovenHosts,
      trustedProxies,
    };
    return withStore(config, log, async (store) => {
      await holdMasterKey(masterKeyFile, masterKey, { store, clock, opens });
      return startControl(options, { store, clock, random, log, planes, read });
    });
  });
}

/** Whether this master key opens what the database keeps sealed. */
function opens(masterKey: Uint8Array, { context, sealed }: SealedSample): boolean {
  try {
    openVault(masterKey, random).open(sealed, context);
    return true;
  } catch {
    return false;
  }
}

function worker(config: Config): Promise<number> {
  return serve('worker', config, async (log) => {
    const { startWorker } = await import('./roles/worker.ts');
    const admin = config.adminListen ?? { host: '127.0.0.1', port: 8092 };
    const { read } = config;
    return withStore(
      config,
      log,
      (store) => startWorker({ admin }, { store, clock, random, log, planes, read }),
      workerTimeouts,
    );
  });
}

function host(config: Config): Promise<number> {
  return serve('host', config, async (log) => {
    const { startHost } = await import('./roles/host.ts');
    const options = {
      admin: config.adminListen ?? { host: '127.0.0.1', port: 8093 },
      dataDir: resolve(config.data, 'host'),
      controlUrl: required(config.controlUrl, 'TULOU_CONTROL_URL', 'http://127.0.0.1:8090'),
      nodeToken: await readToken(config.nodeTokenFile ?? join(config.data, 'node.token'), 'node'),
      ingress: ingressOf(config),
    };
    return startHost(options, { clock, random, log });
  });
}

/** Gateway and host of one machine and data folder find each other without a setting. */
const ingressOf = (config: Config) => config.hostIngress ?? { socket: resolve(config.data, 'ingress', 'host.sock') };

async function migrate(config: Config): Promise<number> {
  await prepare(databaseOf(config), openLog('migrate', config.logLevel ?? 'info'), clock);
  return 0;
}

async function rotate(config: Config, given: Flags): Promise<number> {
  const { removeSigningKey, rotateKeys } = await import('./identity/keys/keys.ts');
  const masterKeyFile = config.masterKeyFile ?? join(config.data, 'master.key');
  const masterKey = await readMasterKey(masterKeyFile);
  const vault = openVault(masterKey, random);
  // If `tulou up` runs, its database and its issuer are used.
  const running = config.databaseUrl === undefined ? await runningOn(config) : undefined;
  const store = openStore({ url: running?.databaseUrl ?? databaseOf(config), connectionsMax: 2 }, clock);
  const platformUrl = running?.platform ?? config.platformUrl;
  const issuer = { issuer: platformUrl, tenantUuid: nilTenant };
  const deps = { store, clock, vault };
  try {
    await holdMasterKey(masterKeyFile, masterKey, { store, clock, opens });
    const kid = given['remove'];
    if (typeof kid !== 'string') await rotateKeys(issuer, deps);
    else if (!(await removeSigningKey(issuer, kid, deps))) {
      throw new OperatorError('key_unknown', `There is no signing key ${kid} in use.`, {
        remedy: `The keys in use are listed at ${platformUrl}/oauth2/jwks.`,
      });
    }
    process.stdout.write(
      typeof kid === 'string'
        ? `Gateways no longer accept tokens that ${kid} has signed.\n`
        : 'Tokens are now signed with the next key. Gateways accept tokens of the previous key for one more day.\n',
    );
  } finally {
    await store.close();
  }
  return 0;
}

async function backup(config: Config, given: Flags): Promise<number> {
  const { runBackup } = await import('./up/archive.ts');
  const stopping = new AbortController();
  void askedToEnd().then(() => stopping.abort());
  const log = openLog('backup', config.logLevel ?? 'warn');
  return runBackup(config, given, { clock, log, version: await version(), signal: stopping.signal });
}

async function restore(config: Config, given: Flags): Promise<number> {
  const { runRestore } = await import('./up/archive.ts');
  return runRestore(config, given, { clock, log: openLog('restore', config.logLevel ?? 'warn') });
}

async function init(config: Config): Promise<number> {
  const { initialise } = await import('./up/init.ts');
  process.stdout.write(await initialise(config.data, random));
  return 0;
}

async function doctor(config: Config, given: Flags): Promise<number> {
  const findings = await examine(config, clock);
  process.stdout.write(given['json'] === true ? `${JSON.stringify({ findings })}\n` : report(findings, readLanguage()));
  return findings.some(({ verdict }) => verdict === 'wrong') ? 1 : 0;
}

async function serve(role: string, config: Config, start: (log: Log) => Promise<RunningRole>): Promise<number> {
  const level: LogLevel = config.logLevel ?? (process.connected ? 'warn' : 'info');
  const log = openLog(role, level);
  await serveRole(() => start(log));
  return 0;
}

/** Starts a role with its store. The store closes after the role. */
async function withStore(
  config: Config,
  log: Log,
  start: (store: Store) => Promise<RunningRole>,
  timeouts: TimeoutSettings = {},
): Promise<RunningRole> {
  const url = databaseOf(config);
  await prepare(url, log, clock);
  const { databaseConnections: connectionsMax, databaseTimeouts } = config;
  const store = openStore({ url, connectionsMax, timeouts: { ...timeouts, ...databaseTimeouts } }, clock);
  try {
    const role = await start(store);
    return { urls: role.urls, stop: () => stopBoth(role, { stop: () => store.close() }) };
  } catch (error) {
    await store.close();
    throw error;
  }
}

type Stoppable = Pick<RunningRole, 'stop'>;

async function stopBoth(role: Stoppable, under: Stoppable): Promise<void> {
  try {
    await role.stop();
  } finally {
    await under.stop();
  }
}

const databaseOf = (config: Config): string =>
  required(config.databaseUrl, 'TULOU_DATABASE_URL', 'postgres://tulou:secret@db.internal:5432/tulou');

function required(value: string | undefined, name: string, example: string): string {
  if (value !== undefined) return value;
  throw new OperatorError('config_missing', `${name} is not set.`, { remedy: `For example: ${name}=${example}` });
}

async function version(): Promise<string> {
  const read: unknown = JSON.parse(await readFile(join(import.meta.dirname, '..', 'package.json'), 'utf8'));
  return String((read as { version?: unknown }).version);
}

function parse(name: LaunchedCommandName, args: string[]): Flags {
  const command: LaunchedCommand = launchedCommands[name];
  const options = Object.fromEntries(
    [...command.flags, 'help' as const].map((flag) => [flag, { type: launchedFlags[flag].type }]),
  );
  try {
    const { values, positionals } = parseArgs({ args, options, strict: true, allowPositionals: true });
    const wanted = command.argument === undefined ? 0 : 1;
    if (positionals.length === wanted || values['help'] === true) return { ...values, file: positionals[0] };
    const extra = positionals[wanted];
    throw new TypeError(extra === undefined ? 'FILE is missing' : `"${extra}" is one argument too many`);
  } catch (cause) {
    throw new OperatorError('usage', (cause as Error).message, {
      remedy: `\`tulou ${name} --help\` lists the flags.`,
      cause,
    });
  }
}

const isCommand = (name: string): name is LaunchedCommandName => Object.hasOwn(launchedCommands, name);

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const language = readLanguage();
  if (!isCommand(name)) {
    process.stdout.write(launchedHelp(undefined, language));
    return name === '' || name === '--help' ? 0 : 2;
  }
  try {
    const given = parse(name, [...args]);
    if (given['help'] === true) {
      process.stdout.write(launchedHelp(name, language));
      return 0;
    }
    const config = readConfig(given);
    // A wrong setting is reported now, before anything starts.
    for (const table of settingTables) config.read(table);
    return await runs[name](config, given);
  } catch (error) {
    process.stderr.write(args.includes('--json') ? failureLine(error) : failureText(error, language));
    return error instanceof OperatorError && (error.code === 'usage' || error.code === 'config_invalid') ? 2 : 1;
  }
}

// The program ends when `main` returns, not when the event loop is empty: the timers of the clock do not keep a process
// alive, and a role that has stopped may still hold an idle connection.
new MessageChannel().port1.ref();
process.exit(await main(process.argv.slice(2)));
