/** Checks of the installation: what it listens on, its database, and whether its roles are well. */
import { realpath } from 'node:fs/promises';
import { urlOf, type Config } from '../../config.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Address } from '../../kernel/role.ts';
import { probe } from '../../store/prepare.ts';
import { holderOf, type Running } from '../lock.ts';
import { reserve } from '../ports.ts';
import { ok, warning, wrong, type Outcome } from './finding.ts';

const answerMs = 3000;

/** What runs on the data directory; undefined where nothing does. */
export async function runningOn(config: Config): Promise<Running | undefined> {
  const path = await realpath(config.data).catch(() => undefined);
  return path === undefined ? undefined : holderOf(path);
}

export async function checkPort(address: Address, flag: string, running: Running | undefined): Promise<Outcome> {
  const url = urlOf(address);
  if (running?.gateway === url || running?.platform === url) return ok(`${url}, served by process ${running.pid}`);
  await reserve(address, flag);
  return ok(`${url} is free`);
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
