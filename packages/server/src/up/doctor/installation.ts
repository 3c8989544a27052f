/** Checks of the installation: what it listens on, its database, and whether its roles are well. */
import { realpath } from 'node:fs/promises';
import { startLine, urlOf, type Config } from '../../config.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Address } from '../../kernel/role.ts';
import { probe } from '../../store/prepare.ts';
import { findPrivilegeFaults } from '../../store/privileges.ts';
import { holderOf, type Running } from '../lock.ts';
import { reserveAll } from '../ports.ts';
import { ok, warning, wrong, type Outcome } from './finding.ts';

const answerMs = 3000;

/** The installation that runs on the data directory; undefined if none does. */
export async function runningOn(config: Config): Promise<Running | undefined> {
  const path = await realpath(config.data).catch(() => undefined);
  return path === undefined ? undefined : holderOf(path);
}

/** The address that is served now, or else whether the one that a start would take is free. */
export async function checkPort(
  name: 'gateway' | 'platform',
  address: Address,
  running: Running | undefined,
): Promise<Outcome> {
  const served = running?.[name];
  if (served !== undefined) return ok(`${served}, served by process ${running?.pid}`);
  if (running !== undefined) return warning(`process ${running.pid} is starting or stopping`, 'Ask again in a moment.');
  await reserveAll([{ flag: `--${name}`, address }], startLine);
  return ok(`${urlOf(address)} is free`);
}

export async function checkDatabase(config: Config): Promise<Outcome> {
  if (config.databaseUrl === undefined) return ok('embedded');
  const { version, pending } = await probe(config.databaseUrl);
  return pending.length === 0
    ? ok(`PostgreSQL ${version}`)
    : warning(
        `PostgreSQL ${version}, without ${pending.join(', ')}`,
        'The next start of Tulou brings it up to date, or `tulou migrate` now.',
      );
}

/** Whether the database holds tenants apart: also what a restore has made again. */
export async function checkPrivileges(config: Config, running: Running | undefined): Promise<Outcome> {
  const url = config.databaseUrl ?? running?.databaseUrl;
  if (url === undefined) return ok('the embedded database does not run');
  const faults = await findPrivilegeFaults(url);
  return faults.length === 0
    ? ok('roles, row-level security and grants are as they were made')
    : wrong(
        faults.join('\n'),
        'Stop Tulou. Restore a backup into an empty database (`tulou restore`), or undo what was changed by hand.',
      );
}

export async function checkRoles(running: Running | undefined, clock: Clock): Promise<Outcome> {
  if (running === undefined) return ok('nothing runs on this data directory');
  const roles = Object.entries(running.admin ?? {});
  if (roles.length === 0) return warning(`process ${running.pid} is starting or stopping`, 'Ask again in a moment.');
  const answers = await Promise.all(roles.map(async ([role, url]) => [role, await readiness(url, clock)] as const));
  const unwell = answers.filter(([, reason]) => reason !== undefined).map(([role, reason]) => `${role}: ${reason}`);
  return unwell.length === 0
    ? ok(`process ${running.pid}: ${answers.map(([role]) => role).join(', ')} ready`)
    : wrong(
        unwell.join('; '),
        'Its log says why. Calls go on as long as the gateway is ready; what can be restarted is, by itself.',
      );
}

/** Undefined: ready; a text: why not. */
async function readiness(adminUrl: string, clock: Clock): Promise<string | undefined> {
  const late = new AbortController();
  const timer = clock.after(answerMs, () => late.abort());
  try {
    const answer = await fetch(`${adminUrl}/readyz`, { signal: late.signal });
    const said = (await answer.text()).trim();
    return answer.ok ? undefined : said;
  } catch {
    return 'it does not answer';
  } finally {
    timer.cancel();
  }
}
