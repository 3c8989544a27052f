/** The only reader of the environment. Flags of the command line stand before it; each value is parsed here, once. */
import { availableParallelism } from 'node:os';
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { OperatorError } from './kernel/operator-error.ts';
import type { Address } from './kernel/role.ts';
import { isRange } from './http/trusted-proxies.ts';

interface Setting<T extends z.ZodType = z.ZodType> {
  readonly variable: `TULOU_${string}`;
  readonly flag?: string;
  readonly shape: T;
  /** What a right value looks like, for the message about a wrong one. */
  readonly expects: string;
  readonly example: string;
}

const setting = <T extends z.ZodType>(definition: Setting<T>): Setting<T> => definition;

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

const milliseconds = z
  .string()
  .regex(/^\d{3,7}$/)
  .transform(Number)
  .pipe(z.int().min(100).max(3_600_000));

/** Every setting of the program, where it is read from, and what it means. */
const settings = {
  /** An outside PostgreSQL ≥ 15, instead of the embedded one. */
  databaseUrl: setting({
    variable: 'TULOU_DATABASE_URL',
    shape: z.string().refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text)),
    expects: 'a PostgreSQL URL',
    example: 'postgres://tulou:secret@db.internal:5432/tulou',
  }),
  /** Of one role, for the control API or the worker's jobs; the feed, sign-in and readiness have some of their own. */
  databaseConnections: setting({
    variable: 'TULOU_DATABASE_CONNECTIONS',
    shape: asInteger.pipe(z.int().min(4).max(500)),
    expects: 'a number from 4 to 500',
    example: '16',
  }),
  /** What PostgreSQL ends by itself: a statement, a wait for a lock, a transaction that sends nothing. */
  statementTimeoutMs: setting({
    variable: 'TULOU_STATEMENT_TIMEOUT_MS',
    shape: milliseconds,
    expects: 'milliseconds from 100 to 3600000',
    example: '30000',
  }),
  lockTimeoutMs: setting({
    variable: 'TULOU_LOCK_TIMEOUT_MS',
    shape: milliseconds,
    expects: 'milliseconds from 100 to 3600000',
    example: '3000',
  }),
  idleTransactionTimeoutMs: setting({
    variable: 'TULOU_IDLE_TRANSACTION_TIMEOUT_MS',
    shape: milliseconds,
    expects: 'milliseconds from 100 to 3600000',
    example: '60000',
  }),
  /** Where a gateway takes its configuration from: control's platform listener. */
  controlUrl: setting({
    variable: 'TULOU_CONTROL_URL',
    shape: origin,
    expects: 'an http or https URL without a path',
    example: 'http://127.0.0.1:8090',
  }),
  nodeTokenFile: setting({
    variable: 'TULOU_NODE_TOKEN_FILE',
    shape: path,
    expects: 'the path of a file',
    example: '.tulou/node.token',
  }),
  operatorTokenFile: setting({
    variable: 'TULOU_OPERATOR_TOKEN_FILE',
    shape: path,
    expects: 'the path of a file',
    example: '.tulou/operator.token',
  }),
  /** Opens what the database keeps sealed; the same file for every control. */
  masterKeyFile: setting({
    variable: 'TULOU_MASTER_KEY_FILE',
    shape: path,
    expects: 'the path of a file',
    example: '.tulou/master.key',
  }),
  data: setting({
    variable: 'TULOU_DATA',
    flag: 'data',
    shape: path,
    expects: 'the path of a directory',
    example: '.tulou',
  }),
  gatewayListen: setting({
    variable: 'TULOU_GATEWAY_LISTEN',
    flag: 'gateway',
    shape: address,
    expects: 'HOST:PORT',
    example: '127.0.0.1:8080',
  }),
  platformListen: setting({
    variable: 'TULOU_PLATFORM_LISTEN',
    flag: 'platform',
    shape: address,
    expects: 'HOST:PORT',
    example: '127.0.0.1:8090',
  }),
  adminListen: setting({
    variable: 'TULOU_ADMIN_LISTEN',
    shape: address,
    expects: 'HOST:PORT',
    example: '127.0.0.1:8081',
  }),
  /** How the world reaches the two listeners, where that differs from the addresses they listen on. */
  platformUrl: setting({
    variable: 'TULOU_PLATFORM_URL',
    shape: origin,
    expects: 'an http or https URL without a path',
    example: 'https://platform.example.com',
  }),
  gatewayUrl: setting({
    variable: 'TULOU_GATEWAY_URL',
    shape: origin,
    expects: 'an http or https URL without a path',
    example: 'https://api.example.com',
  }),
  /** Ranges of addresses that upstreams may have beside public ones. */
  upstreamAllow: setting({
    variable: 'TULOU_UPSTREAM_ALLOW',
    shape: list.pipe(z.array(z.enum(['loopback', 'private', 'link-local']))),
    expects: 'a list of loopback, private, link-local, or nothing',
    example: 'loopback,private',
  }),
  /** Hosts that may say for whom they forward, and with which certificate: our own load balancers. */
  trustedProxies: setting({
    variable: 'TULOU_TRUSTED_PROXIES',
    shape: list.pipe(z.array(z.string().refine(isRange))),
    expects: 'a list of addresses and CIDR blocks',
    example: '10.0.0.7,10.1.0.0/16',
  }),
  /** The mail server; without one, mails wait. */
  smtpUrl: setting({
    variable: 'TULOU_SMTP_URL',
    shape: z.string().refine((text) => /^smtps?:\/\/[^/]/.test(text) && URL.canParse(text)),
    expects: 'an SMTP URL',
    example: 'smtp://user:secret@mail.internal:587',
  }),
  /** Whom mails are from. */
  mailFrom: setting({
    variable: 'TULOU_MAIL_FROM',
    shape: z.string().regex(/^(?:[^<>@\r\n]{1,100} <[^<>@\s]+@[^<>@\s]+>|[^<>@\s]+@[^<>@\s]+)$/),
    expects: 'an e-mail address, with a name or without',
    example: 'Tulou <no-reply@example.com>',
  }),
  /** Who may have an account at the platform: whoever has an e-mail address, or who was invited. */
  signUp: setting({
    variable: 'TULOU_SIGN_UP',
    shape: z.enum(['open', 'invited']),
    expects: 'open or invited',
    example: 'open',
  }),
  /** How many issuers of tenants one control process keeps ready. */
  warmIssuers: setting({
    variable: 'TULOU_WARM_ISSUERS',
    shape: asInteger.pipe(z.int().min(1).max(100_000)),
    expects: 'a number from 1 to 100000',
    example: '2000',
  }),
  gatewayThreads: setting({
    variable: 'TULOU_GATEWAY_THREADS',
    shape: asInteger.pipe(z.int().min(1).max(256)),
    expects: 'a number from 1 to 256',
    example: '4',
  }),
  logLevel: setting({
    variable: 'TULOU_LOG_LEVEL',
    shape: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    expects: 'debug, info, warn, error or silent',
    example: 'info',
  }),
  accessLog: setting({ variable: 'TULOU_ACCESS_LOG', shape: truth, expects: 'true or false', example: 'true' }),
} as const;

export type SettingName = keyof typeof settings;
type Given = { readonly [K in SettingName]?: z.output<(typeof settings)[K]['shape']> };

/** What was said, and the defaults for what was not. What has no sensible default for every role stays undefined. */
export interface Config extends Given {
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
  readonly signUp: 'open' | 'invited';
  readonly warmIssuers: number;
}

export type Flags = Readonly<Record<string, string | boolean | undefined>>;

/** Reads and judges all settings. Throws an OperatorError that names the wrong one, what it should be, and an example. */
export function readConfig(
  flags: Flags,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Config {
  const given: Given = Object.fromEntries(
    Object.entries(settings).flatMap(([name, one]) => {
      const read = readSetting(one, flags, environment);
      return read === undefined ? [] : [[name, read]];
    }),
  );
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
    signUp: given.signUp ?? 'invited',
    warmIssuers: given.warmIssuers ?? 1500,
  });
}

function timeoutsOf({
  statementTimeoutMs,
  lockTimeoutMs,
  idleTransactionTimeoutMs,
}: Given): Config['databaseTimeouts'] {
  return {
    ...(statementTimeoutMs === undefined ? {} : { statementMs: statementTimeoutMs }),
    ...(lockTimeoutMs === undefined ? {} : { lockMs: lockTimeoutMs }),
    ...(idleTransactionTimeoutMs === undefined ? {} : { idleInTransactionMs: idleTransactionTimeoutMs }),
  };
}

function readSetting(one: Setting, flags: Flags, environment: Readonly<Record<string, string | undefined>>): unknown {
  const flag = one.flag === undefined ? undefined : flags[one.flag];
  const text = typeof flag === 'string' ? flag : environment[one.variable];
  if (text === undefined || (text === '' && one.variable !== 'TULOU_UPSTREAM_ALLOW')) return undefined;
  const parsed = one.shape.safeParse(text);
  if (parsed.success) return parsed.data;
  const name = typeof flag === 'string' ? `--${one.flag}` : one.variable;
  // These hold a password: their value is not repeated.
  const hidden = one.variable === 'TULOU_DATABASE_URL' || one.variable === 'TULOU_SMTP_URL';
  const shown = hidden ? '' : `, not ${JSON.stringify(text)}`;
  throw new OperatorError('config_invalid', `${name} takes ${one.expects}${shown}.`, {
    remedy: `For example: ${name}=${one.example}`,
  });
}

/** How a program on this machine reaches a listener. An address that stands for all of them is reached by loopback. */
export function urlOf({ host, port }: Address): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIPv6(reached) ? `[${reached}]` : reached}:${port}`;
}

/** Variables beside our settings that a role is given: how programs run here, and nothing of what other programs are told. */
const inherited =
  /^(?:PATH|HOME|USER|LOGNAME|TMPDIR|TZ|LANG|LANGUAGE|LC_[A-Z]+|SSL_CERT_(?:FILE|DIR)|UV_THREADPOOL_SIZE|NODE_(?:OPTIONS|COMPILE_CACHE|EXTRA_CA_CERTS|USE_SYSTEM_CA|V8_COVERAGE))$/;

/** The environment of a role that this process starts: the settings that it reads, from `values` or as they were given. */
export function environmentOf(
  reads: (name: SettingName) => boolean,
  values: Readonly<Partial<Record<SettingName, string>>>,
): Record<string, string | undefined> {
  const names = (Object.keys(settings) as SettingName[]).filter(reads);
  const own = names.map((name) => [settings[name].variable, values[name] ?? process.env[settings[name].variable]]);
  const kept = Object.entries(process.env).filter(([name]) => inherited.test(name));
  return { ...Object.fromEntries(kept), ...(Object.fromEntries(own) as Record<string, string | undefined>) };
}

/** What a person types to start everything again, with these flags. */
export function startLine(flags: readonly string[]): string {
  const command = process.env['npm_lifecycle_event'] === 'start' ? 'npm start --' : 'npx tulou up';
  return [command, ...flags.map(quoted)].join(' ');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./[\]-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
