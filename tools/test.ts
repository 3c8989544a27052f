/**
 * `npm test`: one PostgreSQL for the run, then `node --test` over the files of a suite.
 *
 *   sh tools/node24 tools/test.ts [--suite unit|engine|browser|conformance] [part of a path …] [-- node's own flags]
 *
 * A file belongs to the suite that its name ends with; only `unit` (`*.test.ts`) is run where none is named.
 */
import { spawn } from 'node:child_process';
import { glob } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startTestServer } from '../packages/server/test/harness.ts';

const endings = {
  unit: '.test.ts',
  engine: '.engine.ts',
  browser: '.browser.ts',
  conformance: '.conformance.ts',
} as const;
type Suite = keyof typeof endings;

const root = join(import.meta.dirname, '..');
const places = ['packages/*/src', 'packages/*/test', 'tools', 'examples'];
/** Two, as the machines of CI have two cores, and tests that start the whole platform share them. */
const filesAtOnce = 2;
/** For tests that wait for a thing itself: where it never comes, the run must still end. Generous, for busy machines. */
const testTimeoutMs = 300_000;

const isSuite = (name: string): name is Suite => Object.hasOwn(endings, name);

/** The files of a suite whose path contains one of `parts`, or all where there are none. */
async function filesOf(suite: Suite, parts: readonly string[]): Promise<readonly string[]> {
  const patterns = places.map((place) => `${place}/**/*${endings[suite]}`);
  const wanted = parts.map((part) => part.replace(/^\.\//, ''));
  const files: string[] = [];
  for await (const file of glob(patterns, { cwd: root, exclude: ['**/node_modules'] })) {
    if (wanted.length === 0 || wanted.some((part) => file.includes(part))) files.push(file);
  }
  return files.toSorted();
}

/** Runs the files and returns the exit code of `node --test`. */
async function run(files: readonly string[], flags: readonly string[], databaseUrl: string): Promise<number> {
  const args = [
    '--test',
    '--test-reporter=spec',
    `--test-concurrency=${filesAtOnce}`,
    `--test-timeout=${testTimeoutMs}`,
    ...flags,
    ...files,
  ];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, TULOU_TEST_DATABASE_URL: databaseUrl },
  });
  // Ctrl-C reaches both; this one stays until the tests have ended, to stop the database after them.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => child.kill(name));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function main(argv: readonly string[]): Promise<number> {
  const divider = argv.indexOf('--');
  const own = divider === -1 ? argv : argv.slice(0, divider);
  const flags = divider === -1 ? [] : argv.slice(divider + 1);
  const { values, positionals } = parseArgs({
    args: [...own],
    options: { suite: { type: 'string', default: 'unit' } },
    allowPositionals: true,
  });
  if (!isSuite(values.suite)) throw new Error(`--suite is one of ${Object.keys(endings).join(', ')}`);
  const files = await filesOf(values.suite, positionals);
  if (files.length === 0) throw new Error(`no file of the suite ${values.suite} matches`);
  const given = process.env['TULOU_TEST_DATABASE_URL'];
  if (given !== undefined && given !== '') return run(files, flags, given);
  const server = await startTestServer();
  try {
    return await run(files, flags, server.superuserUrl);
  } finally {
    await server.stop();
  }
}

process.exitCode = await main(process.argv.slice(2));
