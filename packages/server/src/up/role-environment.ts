/**
 * Which role reads which setting. `tulou up` gives a role these and no others: a gateway is not told where the operator's
 * token, the master key and the database are. A setting that is missing here does not compile.
 */
import { environmentOf, type SettingName } from '../config.ts';

export type RoleName = 'gateway' | 'control' | 'worker';

const all: readonly RoleName[] = ['gateway', 'control', 'worker'];
const inDatabase: readonly RoleName[] = ['control', 'worker'];

// oxfmt-ignore
const readers: Readonly<Record<SettingName, readonly RoleName[]>> = {
  databaseUrl:              inDatabase,
  databaseConnections:      inDatabase,
  statementTimeoutMs:       inDatabase,
  lockTimeoutMs:            inDatabase,
  idleTransactionTimeoutMs: inDatabase,
  controlUrl:               ['gateway'],
  nodeTokenFile:            ['gateway', 'control'],
  operatorTokenFile:        ['control'],
  masterKeyFile:            ['control'],
  data:                     ['gateway'],
  gatewayListen:            ['gateway'],
  platformListen:           ['control'],
  adminListen:              all,
  platformUrl:              all,
  gatewayUrl:               all,
  upstreamAllow:            all,
  trustedProxies:           ['gateway', 'control'],
  smtpUrl:                  ['worker'],
  mailFrom:                 ['worker'],
  signUp:                   ['control'],
  warmIssuers:              ['control'],
  gatewayThreads:           ['gateway'],
  logLevel:                 all,
  accessLog:                ['gateway'],
};

/** The environment of a role: what `values` says, and what this process was given. */
export function environmentFor(
  role: RoleName,
  values: Readonly<Partial<Record<SettingName, string>>>,
): Record<string, string | undefined> {
  return environmentOf((name) => readers[name].includes(role), values);
}
