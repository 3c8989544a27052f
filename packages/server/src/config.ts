/** The only reader of the environment. Flags of the command line take precedence; each value is parsed once. */
import { availableParallelism } from 'node:os';
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import type { Address } from './kernel/role.ts';
import {
  readSettings,
  setting,
  type Environment,
  type Flags,
  type Given,
  type SettingTable,
} from './kernel/settings.ts';
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

/** Every setting of the program itself. Planes declare theirs in their manifests. */
export const programSettings = {
  databaseUrl: setting({
    variable: 'TULOU_DATABASE_URL',
    shape: z.string().refine((text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text)),
    expects: 'a PostgreSQL URL',
    example: 'postgres://tulou:secret@db.internal:5432/tulou',
    doc: 'An outside PostgreSQL, 15 or newer, instead of the embedded one. The user must own the database and must not be a superuser.',
    secret: true,
  }),
  controlUrl: setting({
    variable: 'TULOU_CONTROL_URL',
    shape: origin,
    expects: 'an http or https URL without a path',
    example: 'http://127.0.0.1:8090',
    doc: 'Where a gateway takes its configuration from: the platform listener of control.',
  }),
  nodeTokenFile: setting({
    variable: 'TULOU_NODE_TOKEN_FILE',
    shape: path,
    expects: 'the path of a file',
    example: '.tulou/node.token',
    doc: 'The file with the token of gateways.',
    default: '`node.token` in the data folder',
  }),
  operatorTokenFile: setting({
    variable: 'TULOU_OPERATOR_TOKEN_FILE',
    shape: path,
    expects: 'the path of a file',
    example: '.tulou/operator.token',
    doc: 'The file with the operator’s token.',
    default: '`operator.token` in the data folder',
  }),
  masterKeyFile: setting({
    variable: 'TULOU_MASTER_KEY_FILE',
    shape: path,
    expects: 'the path of a file',
    example: '.tulou/master.key',
    doc: 'The file with the key that opens what the database keeps sealed. Every control needs the same.',
    default: '`master.key` in the data folder',
  }),
  data: setting({
    variable: 'TULOU_DATA',
    flag: 'data',
    shape: path,
    expects: 'the path of a directory',
    example: '.tulou',
    doc: 'The folder that keeps everything.',
    default: '.tulou',
  }),
  gatewayListen: setting({
    variable: 'TULOU_GATEWAY_LISTEN',
    flag: 'gateway',
    shape: address,
    expects: 'HOST:PORT',
    example: '127.0.0.1:8080',
    doc: 'Where calls to published APIs come in.',
    default: '127.0.0.1:8080',
  }),
  platformListen: setting({
    variable: 'TULOU_PLATFORM_LISTEN',
    flag: 'platform',
    shape: address,
    expects: 'HOST:PORT',
    example: '127.0.0.1:8090',
    doc: 'Where the control API, the identity server and the console listen.',
    default: '127.0.0.1:8090',
  }),
  adminListen: setting({
    variable: 'TULOU_ADMIN_LISTEN',
    shape: address,
    expects: 'HOST:PORT',
    example: '127.0.0.1:8081',
    doc: 'Where the role answers `/healthz`, `/readyz` and `/metrics`.',
    default: '127.0.0.1:8081 (gateway), 8091 (control), 8092 (worker)',
  }),
  platformUrl: setting({
    variable: 'TULOU_PLATFORM_URL',
    shape: origin,
    expects: 'an http or https URL without a path',
    example: 'https://platform.example.com',
    doc: 'How clients reach the platform listener, where that differs from the address it listens on.',
    default: 'the listener’s address',
  }),
  gatewayUrl: setting({
    variable: 'TULOU_GATEWAY_URL',
    shape: origin,
    expects: 'an http or https URL without a path',
    example: 'https://api.example.com',
    doc: 'How clients reach the gateway, where that differs from the address it listens on.',
    default: 'the listener’s address',
  }),
  upstreamAllow: setting({
    variable: 'TULOU_UPSTREAM_ALLOW',
    shape: list.pipe(z.array(z.enum(['loopback', 'private', 'link-local']))),
    expects: 'a list of loopback, private, link-local, or nothing',
    example: 'loopback,private',
    doc: 'Classes of addresses that upstreams and identity providers may have beside public ones.',
    default: '`loopback` under `tulou up`, else none',
    emptyAllowed: true,
  }),
  unprovenHosts: setting({
    variable: 'TULOU_UNSAFE_UNPROVEN_HOSTS',
    shape: truth,
    expects: 'true or false',
    example: 'false',
    doc: 'Whether host names and mail domains of tenants count without proof that the tenant owns them. With `true`, any tenant can take any name.',
    default: '`true` where the platform’s URL is a loopback address or a name under `.test`, else `false`',
  }),
  trustedProxies: setting({
    variable: 'TULOU_TRUSTED_PROXIES',
    shape: list.pipe(z.array(z.string().refine(isRange))),
    expects: 'a list of addresses and CIDR blocks',
    example: '10.0.0.7,10.1.0.0/16',
    doc: 'Load balancers whose `X-Forwarded-For` and client certificates count.',
    default: 'none',
  }),
  gatewayThreads: setting({
    variable: 'TULOU_GATEWAY_THREADS',
    shape: asInteger.pipe(z.int().min(1).max(256)),
    expects: 'a number from 1 to 256',
    example: '4',
    doc: 'The number of threads that serve calls.',
    default: 'one for each core',
  }),
  logLevel: setting({
    variable: 'TULOU_LOG_LEVEL',
    shape: z.enum(['debug', 'info', 'warn', 'error', 'silent']),
    expects: 'debug, info, warn, error or silent',
    example: 'info',
    doc: 'The least severe level that is logged.',
    default: '`info`; `warn` under `tulou up`',
  }),
  accessLog: setting({
    variable: 'TULOU_ACCESS_LOG',
    shape: truth,
    expects: 'true or false',
    example: 'true',
    doc: 'Whether the gateway logs each call.',
    default: 'false',
  }),
} as const;

type SettingName = keyof typeof programSettings;

/** The settings of the program, with defaults. What has no sensible default for every role stays undefined. */
export interface Config extends Given<typeof programSettings> {
  readonly data: string;
  readonly gatewayListen: Address;
  readonly platformListen: Address;
  readonly platformUrl: string;
  readonly gatewayUrl: string;
  readonly gatewayThreads: number;
  readonly trustedProxies: string[];
  readonly accessLog: boolean;
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
    read: <S extends SettingTable>(table: S) => readSettings(table, flags, environment),
  });
}

/** How a program on this machine reaches a listener. An address that stands for all of them is reached by loopback. */
export function urlOf({ host, port }: Address): string {
  const reached = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '::1' : host;
  return `http://${isIPv6(reached) ? `[${reached}]` : reached}:${port}`;
}

/** The environment of a role that this process starts: what the config says, as the same settings. */
export function environmentOf(
  values: Readonly<Partial<Record<SettingName, string>>>,
): Record<string, string | undefined> {
  const own = Object.entries(values).map(([name, value]) => [programSettings[name as SettingName].variable, value]);
  return { ...process.env, ...(Object.fromEntries(own) as Record<string, string>) };
}
