/** `tulou backup` and `tulou restore` as commands: what they say, and whom they ask. */
import type { Config } from '../config.ts';
import type { Flags } from '../kernel/settings.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { makeBackup } from './backup.ts';
import { restoreBackup } from './restore.ts';
import { backupText, restoredText } from './words.ts';

interface Deps {
  readonly clock: Clock;
  readonly log: Log;
}

/** Makes a backup; the exit code. */
export async function runBackup(
  config: Config,
  given: Flags,
  { version, signal, ...deps }: Deps & { readonly version: string; readonly signal: AbortSignal },
): Promise<number> {
  const json = given['json'] === true;
  const withMasterKey = given['with-master-key'] === true;
  const options = { config, file: String(given['file']), withMasterKey, version };
  const made = await makeBackup(options, { ...deps, signal, progress: progressOf(json) });
  process.stdout.write(json ? `${JSON.stringify({ event: 'backup', ...made })}\n` : backupText(made, withMasterKey));
  return 0;
}

/** Restores one; the exit code. */
export async function runRestore(config: Config, given: Flags, deps: Deps): Promise<number> {
  const json = given['json'] === true;
  const confirm = async (question: string): Promise<boolean> => given['yes'] === true || (await askYes(question));
  const options = { config, file: String(given['file']), replace: given['replace'] === true };
  const restored = await restoreBackup(options, { ...deps, progress: progressOf(json), confirm });
  process.stdout.write(json ? `${JSON.stringify({ event: 'restored', ...restored })}\n` : restoredText(restored));
  return 0;
}

const progressOf =
  (json: boolean) =>
  (what: string, detail: string): void =>
    void (json || process.stdout.write(`  ${what.padEnd(20)} ${detail}\n`));

/** False also if standard input is no terminal. */
async function askYes(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const { createInterface } = await import('node:readline/promises');
  const asking = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return (await asking.question(`${question} Type "replace" to go on: `)).trim() === 'replace';
  } finally {
    asking.close();
  }
}
