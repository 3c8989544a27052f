/** `tulou doctor`: one table of checks. It changes nothing. */
import type { Config } from '../../config.ts';
import type { Clock } from '../../kernel/clock.ts';
import { outcomeOf, type Finding, type Outcome } from './finding.ts';
import { checkDatabase, checkPort, checkPrivileges, checkRoles, runningOn } from './installation.ts';
import {
  checkClock,
  checkDataDirectory,
  checkFileDescriptors,
  checkNode,
  checkPlatform,
  checkPostgresPrograms,
  checkSpace,
} from './machine.ts';
import type { Running } from '../lock.ts';

interface Patient {
  readonly config: Config;
  readonly clock: Clock;
  readonly running: Running | undefined;
}

const checks: Readonly<Record<string, (patient: Patient) => Promise<Outcome>>> = {
  Node: checkNode,
  platform: checkPlatform,
  'PostgreSQL programs': ({ config }) => checkPostgresPrograms(config),
  database: ({ config }) => checkDatabase(config),
  'database rights': ({ config, running }) => checkPrivileges(config, running),
  'data directory': ({ config }) => checkDataDirectory(config),
  'disk space': ({ config }) => checkSpace(config),
  clock: ({ config, clock }) => checkClock(config, clock),
  'file descriptors': checkFileDescriptors,
  'gateway address': ({ config, running }) => checkPort('gateway', config.gatewayListen, running),
  'platform address': ({ config, running }) => checkPort('platform', config.platformListen, running),
  roles: ({ clock, running }) => checkRoles(running, clock),
};

/** Runs every check, also after one that failed. */
export async function examine(config: Config, clock: Clock): Promise<readonly Finding[]> {
  const patient = { config, clock, running: await runningOn(config) };
  const findings: Finding[] = [];
  for (const [check, run] of Object.entries(checks)) {
    findings.push({ check, ...(await run(patient).catch(outcomeOf)) });
  }
  return findings;
}
