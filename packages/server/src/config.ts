/** The only reader of the environment. Flags of the command line take precedence; each value is parsed once. */
import { availableParallelism } from 'node:os';
import { isIPv6 } from 'node:net';
import { languageOfEnvironment, type Language } from '@tulou/contract/language';
import { z } from 'zod';
import type { Address } from './kernel/role.ts';
import {
  readSettings,
  setting,
  type Environment,
  type Flags,
  type Given,
  type RoleName,
  type SettingTable,
} from './kernel/settings.ts';
import { admissionSettings } from './operations/admission-settings.ts';
import { planes } from './planes.ts';
import { isRange } from './http/trusted-proxies.ts';

const address = z.string().transform((text, context): Address => {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/.exec(text);
  const [, six, name, port = ''] = match ?? [];
  const host = six ?? name;
  if (host !== undefined && Number(port) <= 65_535 && (six === undefined || isIPv6(six)))
    return { host, port: Number(port) };
  context.addIssue({ code: 'custom', message: 'no address' });
  return z.NEVER;
});
const origin = z
  .url({ protocol: /^https?$/ })
  .refine((text) => URL.canParse(text) && new URL(text).pathname === '/')
  .transform((text) => new URL(text).origin);
const path = z.string().min(1);
const ingress = z.string().transform((text, context): { socket: string } | Address => {
  if (/^unix:\/.{1,106}$/.test(text)) return { socket: text.slice('unix:'.length) };
  const [, port = ''] = /^http:\/\/127\.0\.0\.1:(\d{1,5})$/.exec(text) ?? [];
  if (port !== '' && Number(port) <= 65_535) return { host: '127.0.0.1', port: Number(port) };
  context.addIssue({ code: 'custom', message: 'no ingress' });
  return z.NEVER;
});
const truth = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1');
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);
const asInteger = z
  .string()
  .regex(/^\d{1,4}$/)
  .transform(Number);

const all: readonly RoleName[] = ['gateway', 'control', 'worker'];
const everywhere: readonly RoleName[] = [...all, 'host'];
const inDatabase: readonly RoleName[] = ['control', 'worker'];
const milliseconds = z
  .string()
  .regex(/^\d{3,7}$/)
  .transform(Number)
  .pipe(z.int().min(100).max(3_600_000));

/** Every setting of the program itself. Planes declare theirs in their manifests. */
export const programSettings = {
  databaseUrl: setting({
    variable: 'TULOU_DATABASE_URL',
    shape: z.string().refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text)),
    expects: 'a PostgreSQL URL',
    example: 'postgres://tulou:secret@db.internal:5432/tulou',
    doc: 'An outside PostgreSQL, 15 or newer, instead of the embedded one. The user must own the database and must not be a superuser.',
    secret: true,
    roles: inDatabase,
  }),
  databaseConnections: setting({
    variable: 'TULOU_DATABASE_CONNECTIONS',
    shape: asInteger.pipe(z.int().min(4).max(500)),
    expects: 'a number from 4 to 500',
    example: '16',
    doc: 'Connections of one role for the control API or for jobs. The feed, sign-in and readiness have a few of their own.',
    default: '16',
    roles: inDatabase,
  }),
  statementTimeoutMs: setting({
    variable: 'TULOU_STATEMENT_TIMEOUT_MS',
    shape: milliseconds,
    expects: 'milliseconds from 100 to 3600000',
    example: '30000',
    doc: 'After this time PostgreSQL ends a statement.',
    default: '30000 (control), 600000 (worker)',
    roles: inDatabase,
  }),
  lockTimeoutMs: setting({
    variable: 'TULOU_LOCK_TIMEOUT_MS',
    shape: milliseconds,
    expects: 'milliseconds from 100 to 3600000',
    example: '3000',
    doc: 'After this time PostgreSQL ends a wait for a lock.',
    default: '3000 (control), 15000 (worker)',
    roles: inDatabase,
  }),
  idleTransactionTimeoutMs: setting({
    variable: 'TULOU_IDLE_TRANSACTION_TIMEOUT_MS',
    shape: milliseconds,
    expects: 'milliseconds from 100 to 3600000',
    example: '60000',
    doc: 'After this time PostgreSQL ends a transaction that sends nothing.',
    default: '60000',
    roles: inDatabase,
  }),
  controlUrl: setting({
    variable: 'TULOU_CONTROL_URL',
    shape: origin,
    expects: 'an http or https URL without a path',
    example: 'http://127.0.0.1:8090',
    doc: 'Where a gateway or host takes its configuration from: the platform listener of control.',
    roles: ['gateway', 'host'],
  }),
  nodeTokenFile: setting({
    variable: 'TULOU_NODE_TOKEN_FILE',
    shape: path,
    expects: 'the path of a file',
    example: '.tulou/node.token',
    doc: 'The file with the token of gateways and hosts.',
    default: '`node.token` in the data folder',
    roles: ['gateway', 'control', 'host'],
  }),
  operatorTokenFile: setting({
    variable: 'TULOU_OPERATOR_TOKEN_FILE',
    shape: path,
    expects: 'the path of a file',
    example: '.tulou/operator.token',
    doc: 'The file with the operator’s token.',
    default: '`operator.token` in the data folder',
    roles: ['control'],
  }),
  masterKeyFile: setting({
    variable: 'TULOU_MASTER_KEY_FILE',
    shape: path,
    expects: 'the path of a file',
    example: '.tulou/master.key',
    doc: 'The file with the key that opens what the database keeps sealed. Every control needs the same.',
    default: '`master.key` in the data folder',
    roles: ['control'],
  }),
  data: setting({
    variable: 'TULOU_DATA',
    flag: 'data',
    shape: path,
    expects: 'the path of a directory',
    example: '.tulou',
    doc: 'The folder that keeps everything.',
    default: '.tulou',
    roles: ['gateway', 'host'],
  }),
  gatewayListen: setting({
    variable: 'TULOU_GATEWAY_LISTEN',
    flag: 'gateway',
    shape: address,
    expects: 'HOST:PORT',
    example: '127.0.0.1:8080',
    doc: 'Where calls to published APIs come in.',
    default: '127.0.0.1:8080',
    roles: ['gateway'],
  }),
  platformListen: setting({
    variable: 'TULOU_PLATFORM_LISTEN',
    flag: 'platform',
    shape: address,
    expects: 'HOST:PORT',
    example: '127.0.0.1:8090',
    doc: 'Where the control API, the identity server and the console listen.',
    default: '127.0.0.1:8090',
    roles: ['control'],
  }),
  adminListen: setting({
    variable: 'TULOU_ADMIN_LISTEN',
    shape: address,
    expects: 'HOST:PORT',
    example: '127.0.0.1:8081',
    doc: 'Where the role answers `/healthz`, `/readyz` and `/metrics`.',
    default: '127.0.0.1:8081 (gateway), 8091 (control), 8092 (worker), 8093 (host)',
    roles: everywhere,
  }),
  platformUrl: setting({
    variable: 'TULOU_PLATFORM_URL',
    shape: origin,
    expects: 'an http or https URL without a path',
    example: 'https://platform.example.com',
    doc: 'How clients reach the platform listener, where that differs from the address it listens on.',
    default: 'the listener’s address',
    roles: all,
  }),
  gatewayUrl: setting({
    variable: 'TULOU_GATEWAY_URL',
    shape: origin,
    expects: 'an http or https URL without a path',
    example: 'https://api.example.com',
    doc: 'How clients reach the gateway, where that differs from the address it listens on.',
    default: 'the listener’s address',
    roles: all,
  }),
  upstreamAllow: setting({
    variable: 'TULOU_UPSTREAM_ALLOW',
    shape: list.pipe(z.array(z.enum(['loopback', 'private', 'link-local']))),
    expects: 'a list of loopback, private, link-local, or nothing',
    example: 'loopback,private',
    doc: 'Classes of addresses that upstreams and identity providers may have beside public ones.',
    default: '`loopback` under `tulou up`, else none',
    emptyAllowed: true,
    roles: all,
  }),
  unprovenHosts: setting({
    variable: 'TULOU_UNSAFE_UNPROVEN_HOSTS',
    shape: truth,
    expects: 'true or false',
    example: 'false',
    doc: 'Whether host names and mail domains of tenants count without proof that the tenant owns them. With `true`, any tenant can take any name.',
    default: '`true` where the platform’s URL is a loopback address or a name under `.test`, else `false`',
    roles: ['control'],
  }),
  oneSite: setting({
    variable: 'TULOU_UNSAFE_ONE_SITE',
    shape: truth,
    expects: 'true or false',
    example: 'false',
    doc: 'Whether gateway and platform may be one site (one registrable domain). With `true`, services behind the gateway can set cookies of sign-in.',
    default: 'false',
    roles: ['control'],
  }),
  trustedProxies: setting({
    variable: 'TULOU_TRUSTED_PROXIES',
    shape: list.pipe(z.array(z.string().refine(isRange))),
    expects: 'a list of addresses and CIDR blocks',
    example: '10.0.0.7,10.1.0.0/16',
    doc: 'Load balancers whose `X-Forwarded-For` and client certificates count.',
    default: 'none',
    roles: ['gateway', 'control'],
  }),
  gatewayThreads: setting({
    variable: 'TULOU_GATEWAY_THREADS',
    shape: asInteger.pipe(z.int().min(1).max(256)),
    expects: 'a number from 1 to 256',
    example: '4',
    doc: 'The number of threads that serve calls.',
    default: 'one for each core',
    roles: ['gateway'],
  }),
  logLevel: setting({
    variable: 'TULOU_LOG_LEVEL',
    shape: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    expects: 'debug, info, warn, error or silent',
    example: 'info',
    doc: 'The least severe level that is logged.',
    default: '`info`; `warn` under `tulou up`',
    roles: everywhere,
  }),
  hostIngress: setting({
    variable: 'TULOU_HOST_INGRESS',
    shape: ingress,
    expects: '`unix:` and the absolute path of a socket, or a loopback URL',
    example: 'unix:/var/lib/tulou/ingress/host.sock',
    doc: 'Where the host of this machine takes calls to the services that it runs.',
    default: '`ingress/host.sock` in the data folder',
    roles: ['gateway', 'host'],
  }),
  accessLog: setting({
    variable: 'TULOU_ACCESS_LOG',
    shape: truth,
    expects: 'true or false',
    example: 'true',
    doc: 'Whether the gateway logs each call.',
    default: 'false',
    roles: ['gateway'],
  }),
} as const;

export type SettingName = keyof typeof programSettings;

/** All settings, of the program and of its parts. */
export const settingTables: readonly SettingTable[] = [
  programSettings,
  admissionSettings,
  ...planes.map(({ settings }) => settings),
];

/** The settings of the program, with defaults. A setting without a sensible default for every role stays undefined. */
export interface Config extends Given<typeof programSettings> {
  readonly data: string;
  readonly gatewayListen: Address;
  readonly platformListen: Address;
  readonly platformUrl: string;
  readonly gatewayUrl: string;
  readonly gatewayThreads: number;
  readonly trustedProxies: string[];
  readonly accessLog: boolean;
  readonly databaseConnections: number;
  /** Only those that were set. */
  readonly databaseTimeouts: {
    readonly statementMs?: number;
    readonly lockMs?: number;
    readonly idleInTransactionMs?: number;
  };
  /** Reads the settings of a plane from the same place. */
  readonly read: <S extends SettingTable>(table: S) => Given<S>;
}

/** Reads all settings. Throws an OperatorError that names the wrong one, what it should be, and an example. */
export function readConfig(flags: Flags, environment: Environment = process.env): Config {
  const given = readSettings(programSettings, flags, environment);
  const gatewayListen = given.gatewayListen ?? { host: '127.0.0.1', port: 8080 };
  const platformListen = given.platformListen ?? { host: '127.0.0.1', port: 8090 };
  return Object.freeze({
    ...given,
    data: given.data ?? '.tulou',
    gatewayListen,
    platformListen,
    platformUrl: given.platformUrl ?? urlOf(platformListen),
    gatewayUrl: given.gatewayUrl ?? urlOf(gatewayListen),
    gatewayThreads: given.gatewayThreads ?? availableParallelism(),
    trustedProxies: given.trustedProxies ?? [],
    accessLog: given.accessLog ?? false,
    databaseConnections: given.databaseConnections ?? 16,
    databaseTimeouts: timeoutsOf(given),
    read: <S extends SettingTable>(table: S) => readSettings(table, flags, environment),
  });
}

/** The language of the person at the terminal. */
export const readLanguage = (): Language => languageOfEnvironment(process.env);

function timeoutsOf({
  statementTimeoutMs,
  lockTimeoutMs,
  idleTransactionTimeoutMs,
}: Given<typeof programSettings>): Config['databaseTimeouts'] {
  return {
    ...(statementTimeoutMs === undefined ? {} : { statementMs: statementTimeoutMs }),
    ...(lockTimeoutMs === undefined ? {} : { lockMs: lockTimeoutMs }),
    ...(idleTransactionTimeoutMs === undefined ? {} : { idleInTransactionMs: idleTransactionTimeoutMs }),
  };
}

/** The URL at which a program on this machine reaches a listener. A wildcard address is reached by loopback. */
export function urlOf({ host, port }: Address): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIPv6(reached) ? `[${reached}]` : reached}:${port}`;
}

/** The variables that a role inherits beside its settings: how programs run on this machine. No other variable is passed on. */
const inherited =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LANGUAGE|LC_[A-Z]+|SSL_CERT_(?:FILE|DIR)|UV_THREADPOOL_SIZE|NODE_(?:OPTIONS|COMPILE_CACHE|EXTRA_CA_CERTS|USE_SYSTEM_CA|V8_COVERAGE))$/;

/**
 * The environment of a role that this process starts: the settings that this role reads, from `values` or from this process. A
 * gateway does not receive the locations of the operator's token, the master key and the database.
 */
export function environmentFor(
  role: RoleName,
  values: Readonly<Partial<Record<SettingName, string>>>,
): Record<string, string | undefined> {
  const read = settingTables.flatMap((table) => Object.entries(table)).filter(([, { roles }]) => roles.includes(role));
  const own = read.map(([name, { variable }]) => [variable, values[name as SettingName] ?? process.env[variable]]);
  const kept = Object.entries(process.env).filter(([name]) => inherited.test(name));
  return { ...Object.fromEntries(kept), ...(Object.fromEntries(own) as Record<string, string | undefined>) };
}

/** The command that starts everything again, with these flags. */
export function startLine(flags: readonly string[]): string {
  const command = process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'npx tulou up';
  return [command, ...flags.map(quoted)].join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
