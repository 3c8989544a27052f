/** The program. The only place where its parts are wired together. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs, type ParseArgsOptionsConfig } from 'node:util';
import { readConfig, type Config, type Flags } from './config.ts';
import type { ControlOptions } from './control/control.ts';
import { systemClock as clock } from './kernel/clock.ts';
import type { FindSignedIn } from './control/call/people.ts';
import type { Act, Audit } from './identity/acting.ts';
import type { Identity, IdentityOptions } from './identity/identity.ts';
import type { Signing } from './identity/issuers/signing.ts';
import { openVault, type Vault } from './identity/keys/seal.ts';
import { nilTenant, type Publish } from './identity/publish.ts';
import { openLog, type Log, type LogLevel } from './kernel/log.ts';
import { OperatorError } from './kernel/operator-error.ts';
import { newId, systemRandom as random } from './kernel/random.ts';
import type { RunningRole } from './kernel/role.ts';
import type { SealedSample } from './store/installation.ts';
import { prepare } from './store/prepare.ts';
import { workerTimeouts, type TimeoutSettings } from './store/lanes.ts';
import { openStore, type Store } from './store/store.ts';
import { serveRole } from './up/child.ts';
import { examine } from './up/doctor/doctor.ts';
import { runningOn } from './up/doctor/installation.ts';
import { report } from './up/doctor/report.ts';
import { holdMasterKey, readMasterKey } from './up/master-key.ts';
import { readToken } from './up/tokens.ts';
import { startUp } from './up/up.ts';
import type { EndInstalled } from './worker/jobs.ts';
import type { Mailer } from './worker/mailer.ts';
import { failureLine, failureText, readyLine, welcome } from './up/words.ts';

interface Command {
  readonly summary: string;
  /** The one argument that it takes beside flags. */
  readonly argument?: 'file';
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
  'with-master-key': {
    type: 'boolean',
    help: '--with-master-key      put the master key into the file: who has the file then has every secret',
  },
  replace: { type: 'boolean', help: '--replace              remove all that is in the database first' },
  yes: { type: 'boolean', help: '--yes                  do not ask' },
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
  backup: {
    summary: 'the whole database in one file, while everything runs',
    argument: 'file',
    flags: ['data', 'with-master-key', 'json'],
    run: backup,
  },
  restore: {
    summary: 'a backup into an empty database; the platform must be stopped',
    argument: 'file',
    flags: ['data', 'replace', 'yes', 'json'],
    run: restore,
  },
  init: { summary: 'the tokens and the master key of a new installation in roles', flags: ['data'], run: init },
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
    { clock, random, log, progress, opens },
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
    const { startControl } = await import('./control/control.ts');
    const masterKeyFile = config.masterKeyFile ?? join(config.data, 'master.key');
    const masterKey = await readMasterKey(masterKeyFile);
    const vault = openVault(masterKey, random);
    const fleetKey = vault.derive('gateways');
    const { seal } = vault;
    const signing = await signingWith(vault);
    const nodeToken = await readToken(config.nodeTokenFile ?? join(config.data, 'node.token'), 'node');
    const readOperatorToken = (): Promise<string> =>
      readToken(config.operatorTokenFile ?? join(config.data, 'operator.token'), 'operator');
    const operatorToken = await readOperatorToken();
    const admin = config.adminListen ?? { host: '127.0.0.1', port: 8091 };
    const { platformUrl, gatewayUrl, upstreamAllow = [], trustedProxies, signUp, warmIssuers } = config;
    return withStore(config, log, async (store) => {
      await holdMasterKey(masterKeyFile, masterKey, { store, clock, opens });
      const act = await acting({ platformUrl, gatewayUrl, upstreamAllow, fleetKey, seal, signing }, store, log);
      const identity = await identityOf(
        { platformUrl, masterKey, upstreamAllow, signUp, warmIssuers },
        act,
        store.lane('identity'),
        log,
      );
      const findSignedIn = await signedIn({ platformUrl, masterKey });
      const role = await startControl(
        {
          listen: config.platformListen,
          admin,
          platformUrl,
          gatewayUrl,
          nodeToken,
          operatorToken,
          readOperatorToken,
          upstreamAllow,
          trustedProxies,
          fleetKey,
          seal,
          signing,
        },
        { store, clock, random, log, mount: identity, findSignedIn },
      ).catch(async (error: unknown) => {
        await identity.stop();
        throw error;
      });
      return { urls: role.urls, stop: () => stopBoth(role, identity) };
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

async function identityOf(options: IdentityOptions, act: Act, store: Store, log: Log): Promise<Identity> {
  const { startIdentity } = await import('./identity/identity.ts');
  const { openInteraction } = await import('./identity/interaction/interaction.ts');
  const { openGuardedFetch } = await import('./identity/outbound/guarded-fetch.ts');
  const publish = await publisher();
  const interaction = openInteraction(options.masterKey, {
    fetch: openGuardedFetch({ allow: options.upstreamAllow }, { clock }),
    store,
    clock,
    random,
    log,
    publish,
    act,
    audit: await auditor(),
  });
  return startIdentity(options, { store, clock, random, log, publish, interaction });
}

/** How a person's decisions at identity's pages are done: as operations of control. */
async function acting(
  options: Pick<ControlOptions, 'platformUrl' | 'gatewayUrl' | 'upstreamAllow' | 'fleetKey' | 'seal' | 'signing'>,
  store: Store,
  log: Log,
): Promise<Act> {
  const { openActing } = await import('./control/acting.ts');
  const { controlDeps } = await import('./control/control.ts');
  return openActing(controlDeps(options, { store, clock, random, log }));
}

/** How control has identity keep issuers' keys. */
async function signingWith(vault: Vault): Promise<Signing> {
  const { openSigning } = await import('./identity/issuers/signing.ts');
  return openSigning({ clock, vault, publish: await publisher() });
}

/** How identity writes into tenants' audit trails. */
async function auditor(): Promise<Audit> {
  const { appendAudit } = await import('./control/audit/append.ts');
  return (tx, tenantUuid, fact) =>
    appendAudit(tx, tenantUuid, {
      ...fact,
      id: newId('audit', clock, random),
      at: new Date(clock.now()),
      reason: null,
    });
}

/** How control knows the people whom identity has signed in. */
async function signedIn({
  platformUrl,
  masterKey,
}: Pick<IdentityOptions, 'platformUrl' | 'masterKey'>): Promise<FindSignedIn> {
  const { openControlTokens } = await import('./identity/tokens/control.ts');
  return openControlTokens(platformUrl, { clock, vault: openVault(masterKey, random) });
}

/** How identity tells the gateways: through control's snapshot. */
async function publisher(): Promise<Publish> {
  const { present, publish } = await import('./control/snapshot/publish.ts');
  return (tx, object) => publish(tx, [present(object)]);
}

function worker(config: Config): Promise<number> {
  return serve('worker', config, async (log) => {
    const { startWorker } = await import('./worker/worker.ts');
    const admin = config.adminListen ?? { host: '127.0.0.1', port: 8092 };
    const mailer = await mailerOf(config);
    const { endInstalled } = await import('./control/installations/crossing.ts');
    const end: EndInstalled = (tx, installer) => endInstalled(tx, installer, { clock, random });
    return withStore(
      config,
      log,
      (store) => startWorker({ admin }, { store, clock, random, log, endInstalled: end, ...mailer }),
      workerTimeouts,
    );
  });
}

async function mailerOf({ smtpUrl, mailFrom }: Config): Promise<{ mailer?: Mailer }> {
  if (smtpUrl === undefined && mailFrom === undefined) return {};
  const url = required(smtpUrl, 'TULOU_SMTP_URL', 'smtp://user:secret@mail.internal:587');
  const { openMailer } = await import('./worker/mailer.ts');
  const from = required(mailFrom, 'TULOU_MAIL_FROM', '"Tulou <no-reply@example.com>"');
  return { mailer: openMailer({ url, from }) };
}

async function migrate(config: Config): Promise<number> {
  await prepare(databaseOf(config), openLog('migrate', config.logLevel ?? 'info'), clock);
  return 0;
}

async function rotate(config: Config, given: Flags): Promise<number> {
  const { removeSigningKey, rotateKeys } = await import('./identity/keys/keys.ts');
  const masterKeyFile = config.masterKeyFile ?? join(config.data, 'master.key');
  const masterKey = await readMasterKey(masterKeyFile);
  const vault = openVault(masterKey, random);
  // Beside `tulou up`: its database, and the address at which it issues.
  const running = config.databaseUrl === undefined ? await runningOn(config) : undefined;
  const store = openStore({ url: running?.databaseUrl ?? databaseOf(config), connectionsMax: 2 }, clock);
  const platformUrl = running?.platform ?? config.platformUrl;
  const issuer = { issuer: platformUrl, tenantUuid: nilTenant };
  const deps = { store, clock, vault, publish: await publisher() };
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
        ? `No gateway accepts what ${kid} has signed any more.\n`
        : 'Tokens are signed with the next key from now on; the one before verifies for a day.\n',
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

function help(name: string | undefined): string {
  const command = name === undefined ? undefined : commands[name];
  if (command === undefined) {
    const list = Object.entries(commands).map(([title, { summary }]) => `  ${title.padEnd(10)} ${summary}`);
    return `usage: tulou <command> [flags]\n\n${list.join('\n')}\n\nEach takes --help.\n`;
  }
  const lines = [...command.flags, 'help' as const].map((flag) => `  ${flags[flag].help}`);
  const argument = command.argument === undefined ? '' : ` ${command.argument.toUpperCase()}`;
  return `usage: tulou ${name}${argument} [flags]\n${command.summary}\n\n${lines.join('\n')}\n`;
}

function parse(name: string, command: Command, args: string[]): Flags {
  const options = Object.fromEntries([...command.flags, 'help' as const].map((flag) => [flag, flags[flag]]));
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
    return await command.run(readConfig(given), given);
  } catch (error) {
    process.stderr.write(args.includes('--json') ? failureLine(error) : failureText(error));
    return error instanceof OperatorError && (error.code === 'usage' || error.code === 'config_invalid') ? 2 : 1;
  }
}

// The program ends when `main` says so, not with an empty event loop: the clock's timers do not keep a process alive,
// and what a role has finished with may still hold an idle connection.
new MessageChannel().port1.ref();
process.exit(await main(process.argv.slice(2)));
