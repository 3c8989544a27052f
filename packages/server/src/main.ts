/** The program. The only place where its parts are wired together. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { readConfig, type Config } from './config.ts';
import { systemClock as clock } from './kernel/clock.ts';
import { openLog, type Log, type LogLevel } from './kernel/log.ts';
import { OperatorError } from './kernel/operator-error.ts';
import { systemRandom as random } from './kernel/random.ts';
import type { RunningRole } from './kernel/role.ts';
import type { Flags } from './kernel/settings.ts';
import { prepare } from './store/prepare.ts';
import { planes } from './planes.ts';
import { openStore, type Store } from './store/store.ts';
import { serveRole } from './up/child.ts';
import { examine } from './up/doctor/doctor.ts';
import { runningOn } from './up/doctor/installation.ts';
import { report } from './up/doctor/report.ts';
import { readMasterKey } from './up/master-key.ts';
import { readToken } from './up/tokens.ts';
import { startUp } from './up/up.ts';
import { failureLine, failureText, readyLine, welcome } from './up/words.ts';
import { nilTenant } from './tenancy/nil-tenant.ts';

interface Command {
  readonly summary: string;
  readonly flags: readonly (keyof typeof flags)[];
  /** Settles with the exit code when the command has ended. */
  readonly run: (config: Config, flags: Flags) => Promise<number>;
}

const flags = {
  data: { type: 'string', help: '--data DIR             where everything is kept (.tulou)' },
  gateway: { type: 'string', help: '--gateway HOST:PORT    where calls to published APIs come in (127.0.0.1:8080)' },
  platform: { type: 'string', help: '--platform HOST:PORT   control API and console (127.0.0.1:8090)' },
  'accept-clock': {
    type: 'boolean',
    help: '--accept-clock         the clock is right now, though the data is from later',
  },
  remove: {
    type: 'string',
    help: '--remove KID           this key is in wrong hands: nothing it has signed is accepted any more',
  },
  json: { type: 'boolean', help: '--json                 for programs: one line of JSON' },
  help: { type: 'boolean', help: '--help                 this text' },
} as const satisfies ParseArgsOptionsConfig & Record<string, { help: string }>;

const commands: Readonly<Record<string, Command>> = {
  up: { summary: 'all roles on this machine', flags: ['data', 'gateway', 'platform', 'accept-clock', 'json'], run: up },
  gateway: {
    summary: 'one gateway; needs TULOU_CONTROL_URL and TULOU_NODE_TOKEN_FILE',
    flags: ['data', 'gateway'],
    run: gateway,
  },
  control: { summary: 'control API; needs TULOU_DATABASE_URL', flags: ['data', 'platform'], run: control },
  worker: { summary: 'background work; needs TULOU_DATABASE_URL', flags: [], run: worker },
  migrate: { summary: 'bring the database of TULOU_DATABASE_URL to this version', flags: [], run: migrate },
  'rotate-keys': {
    summary: 'sign tokens with the next key from now on; beside `tulou up`, or with TULOU_DATABASE_URL',
    flags: ['data', 'platform', 'remove'],
    run: rotate,
  },
  doctor: {
    summary: 'what is wrong with this machine or installation',
    flags: ['data', 'gateway', 'platform', 'json'],
    run: doctor,
  },
};

async function up(config: Config, given: Flags): Promise<number> {
  const json = given['json'] === true;
  const say = (text: string): void => void (json || process.stdout.write(text));
  const log = openLog('up', config.logLevel ?? 'warn');
  const begun = clock.monotonic();
  const asked = askedToEnd();
  say(`Tulou ${await version()}\n`);
  const progress = (what: string, detail: string): void => say(`  ${what.padEnd(16)} ${detail}\n`);
  const starting = startUp(
    { config, acceptClock: given['accept-clock'] === true, program: import.meta.filename },
    { clock, random, log, progress },
  );
  // Asked before it serves: nothing is lost by ending at once, as every part ends with this process.
  const platform = await Promise.race([starting, asked]);
  if (platform === undefined) return 0;
  process.stdout.write(json ? `${readyLine(platform)}\n` : welcome(platform, clock.monotonic() - begun));
  await asked;
  say('Stopping.\n');
  await platform.stop();
  return 0;
}

/** Settles at the first signal. The second ends the process at once, which ends its children. */
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
    // Started by another program with a channel (as by `npm start`): that program is no more.
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
    const options = {
      listen: config.platformListen,
      admin: config.adminListen ?? { host: '127.0.0.1', port: 8091 },
      platformUrl,
      gatewayUrl,
      masterKey: await readMasterKey(config.masterKeyFile ?? join(config.data, 'master.key')),
      nodeToken: await readToken(config.nodeTokenFile ?? join(config.data, 'node.token'), 'node'),
      operatorToken: await readToken(config.operatorTokenFile ?? join(config.data, 'operator.token'), 'operator'),
      upstreamAllow,
      unprovenHosts,
      trustedProxies,
    };
    return withStore(config, log, (store) => startControl(options, { store, clock, random, log, planes, read }));
  });
}

function worker(config: Config): Promise<number> {
  return serve('worker', config, async (log) => {
    const { startWorker } = await import('./roles/worker.ts');
    const admin = config.adminListen ?? { host: '127.0.0.1', port: 8092 };
    const { read } = config;
    return withStore(config, log, (store) => startWorker({ admin }, { store, clock, random, log, planes, read }));
  });
}

async function migrate(config: Config): Promise<number> {
  await prepare(databaseOf(config), openLog('migrate', config.logLevel ?? 'info'));
  return 0;
}

async function rotate(config: Config, given: Flags): Promise<number> {
  const { removeSigningKey, rotateKeys } = await import('./identity/keys/keys.ts');
  const { openVault } = await import('./kernel/seal.ts');
  const vault = openVault(await readMasterKey(config.masterKeyFile ?? join(config.data, 'master.key')), random);
  // Beside `tulou up`: its database, and the address at which it issues.
  const running = config.databaseUrl === undefined ? await runningOn(config) : undefined;
  const store = openStore({ url: running?.databaseUrl ?? databaseOf(config), connectionsMax: 2 }, clock);
  const platformUrl = running?.platform ?? config.platformUrl;
  const issuer = { issuer: platformUrl, tenantUuid: nilTenant };
  const deps = { store, clock, vault };
  try {
    const kid = given['remove'];
    if (typeof kid !== 'string') await rotateKeys(issuer, deps);
    else if (!(await removeSigningKey(issuer, kid, deps))) {
      throw new OperatorError('key_unknown', `There is no signing key ${kid} in use.`, {
        remedy: `The keys in use are listed at ${platformUrl}/oauth2/jwks.`,
      });
    }
    process.stdout.write(
      typeof kid === 'string'
        ? `No gateway accepts what ${kid} has signed any more.\n`
        : 'Tokens are signed with the next key from now on; the one before verifies for a day.\n',
    );
  } finally {
    await store.close();
  }
  return 0;
}

async function doctor(config: Config, given: Flags): Promise<number> {
  const findings = await examine(config, clock);
  process.stdout.write(given['json'] === true ? `${JSON.stringify({ findings })}\n` : report(findings));
  return findings.some(({ verdict }) => verdict === 'wrong') ? 1 : 0;
}

async function serve(role: string, config: Config, start: (log: Log) => Promise<RunningRole>): Promise<number> {
  const level: LogLevel = config.logLevel ?? (process.connected ? 'warn' : 'info');
  const log = openLog(role, level);
  await serveRole(() => start(log));
  return 0;
}

/** The role with its store, which is closed after it. */
async function withStore(
  config: Config,
  log: Log,
  start: (store: Store) => Promise<RunningRole>,
): Promise<RunningRole> {
  const url = databaseOf(config);
  await prepare(url, log);
  const store = openStore({ url, connectionsMax }, clock);
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

/** Of one role; the embedded PostgreSQL has room for both that use it, and some to spare. */
const connectionsMax = 16;

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

function help(name: string | undefined): string {
  const command = name === undefined ? undefined : commands[name];
  if (command === undefined) {
    const list = Object.entries(commands).map(([title, { summary }]) => `  ${title.padEnd(10)} ${summary}`);
    return `usage: tulou <command> [flags]\n\n${list.join('\n')}\n\nEach takes --help.\n`;
  }
  const lines = [...command.flags, 'help' as const].map((flag) => `  ${flags[flag].help}`);
  return `usage: tulou ${name} [flags]\n${command.summary}\n\n${lines.join('\n')}\n`;
}

function parse(name: string, command: Command, args: string[]): Flags {
  const options = Object.fromEntries([...command.flags, 'help' as const].map((flag) => [flag, flags[flag]]));
  try {
    return parseArgs({ args, options, strict: true }).values;
  } catch (cause) {
    throw new OperatorError('usage', (cause as Error).message, {
      remedy: `\`tulou ${name} --help\` lists the flags.`,
      cause,
    });
  }
}

async function main([name = '', ...args]: readonly string[]): Promise<number> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command === undefined) {
    process.stdout.write(help(undefined));
    return name === '' || name === '--help' ? 0 : 2;
  }
  try {
    const given = parse(name, command, [...args]);
    if (given['help'] === true) {
      process.stdout.write(help(name));
      return 0;
    }
    const config = readConfig(given);
    // A wrong setting of a plane is said now, before anything starts.
    for (const { settings } of planes) config.read(settings);
    return await command.run(config, given);
  } catch (error) {
    process.stderr.write(args.includes('--json') ? failureLine(error) : failureText(error));
    return error instanceof OperatorError && (error.code === 'usage' || error.code === 'config_invalid') ? 2 : 1;
  }
}

// The program ends when `main` says so, not with an empty event loop: the clock's timers do not keep a process alive,
// and what a role has finished with may still hold an idle connection.
new MessageChannel().port1.ref();
process.exit(await main(process.argv.slice(2)));
