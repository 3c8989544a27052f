/** Checks of the machine itself. */
import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Config } from '../../config.ts';
import type { Clock } from '../../kernel/clock.ts';
import { findNativePackage, whyNotRunning } from '../../store/embedded/native.ts';
import { judgeClock, newestTrace } from '../clock-check.ts';
import { firstStartBytesMin, judgeSpace, laterStartBytesMin } from '../data-directory.ts';
import { ok, warning, wrong, type Outcome } from './finding.ts';

const nodeMajorMin = 24;
const platforms = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'];
/** A gateway uses two descriptors a call under way. */
const filesWanted = 4096;

export async function checkNode(): Promise<Outcome> {
  const { version } = process;
  return Number.parseInt(version.slice(1), 10) >= nodeMajorMin
    ? ok(version)
    : wrong(
        `${version} is too old`,
        'Start Tulou by its own command `tulou`, which takes the Node that npm installed with it.',
      );
}

export async function checkPlatform(): Promise<Outcome> {
  const name = `${process.platform}-${process.arch}`;
  return platforms.includes(name)
    ? ok(name)
    : wrong(`${name} is not supported`, `Supported are ${platforms.join(', ')}.`);
}

export async function checkPostgresPrograms(config: Config): Promise<Outcome> {
  if (config.databaseUrl !== undefined) return ok('not needed: TULOU_DATABASE_URL is set');
  const { native, version } = await findNativePackage();
  const reason = await whyNotRunning(native, undefined);
  // As root, or where npm did not make the links, `tulou up` uses a copy; only then is this not the last word.
  if (reason === undefined) return ok(`PostgreSQL ${version}`);
  return warning(
    `PostgreSQL ${version} does not run where npm put it: ${reason.split('\n').at(-1) ?? ''}`,
    '`tulou up` will try a copy in the data directory. Where that fails too, set TULOU_DATABASE_URL to an outside PostgreSQL.',
  );
}

export async function checkSpace(config: Config): Promise<Outcome> {
  const path = await nearest(resolve(config.data));
  const { bavail, bsize } = await statfs(path);
  const isNew = (await stat(join(config.data, 'tulou.json')).catch(() => undefined)) === undefined;
  judgeSpace(path, bavail * bsize, isNew ? firstStartBytesMin : laterStartBytesMin);
  const free = `${Math.floor((bavail * bsize) / 2 ** 20)} MB free`;
  return bavail * bsize > 4 * firstStartBytesMin
    ? ok(free)
    : warning(free, 'Free some space: the database and the usage spool grow.');
}

export async function checkDataDirectory(config: Config): Promise<Outcome> {
  const wanted = resolve(config.data);
  const path = await nearest(wanted);
  if (!(await stat(path)).isDirectory()) return wrong(`${path} is not a directory`, 'Choose another with `--data`.');
  const writable = await access(path, constants.W_OK | constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!writable)
    return wrong(
      `${path} is not writable`,
      'Give this user the right to write there, or choose another with `--data`.',
    );
  if (path !== wanted) return ok(`${wanted} will be made`);
  const open = await openSecrets(path);
  if (open.length === 0) return ok(path);
  return wrong(
    `others can read ${open.join(' and ')}`,
    `Run \`chmod 600 ${open.join(' ')}\`, and replace the tokens if others use this machine.`,
  );
}

/** The token files whose mode lets others in. */
async function openSecrets(path: string): Promise<readonly string[]> {
  const files = ['operator.token', 'node.token'].map((name) => join(path, name));
  const modes = await Promise.all(files.map((file) => stat(file).catch(() => undefined)));
  return files.filter((_file, index) => ((modes[index]?.mode ?? 0) & 0o077) !== 0);
}

/** The path, or the deepest directory above it that exists. */
async function nearest(path: string): Promise<string> {
  const exists = await stat(path).catch(() => undefined);
  return exists === undefined && dirname(path) !== path ? nearest(dirname(path)) : path;
}

export async function checkClock(config: Config, clock: Clock): Promise<Outcome> {
  judgeClock(clock.now(), await newestTrace(resolve(config.data)), 0);
  return ok(`${new Date(clock.now()).toISOString().slice(0, 16).replace('T', ' ')} UTC`);
}

export async function checkFileDescriptors(): Promise<Outcome> {
  // Its network part looks up names of addresses, which may take long.
  Object.assign(process.report, { excludeNetwork: true });
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft: number | string } } };
  const soft = userLimits?.open_files?.soft;
  if (soft === undefined || soft === 'unlimited') return ok('unlimited');
  return Number(soft) >= filesWanted
    ? ok(String(soft))
    : warning(
        `${soft} open files at most`,
        `A busy gateway needs more: \`ulimit -n ${filesWanted}\` before the start, or LimitNOFILE in its unit.`,
      );
}
