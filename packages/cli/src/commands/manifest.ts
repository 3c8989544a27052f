/** `tulou apply`, `diff` and `export`: a file of tenants and what is in them, and the platform, held against each other. */
import { whoami } from '@tulou/contract/operations/whoami';
import { dirname, basename, resolve } from 'node:path';
import { openClient, type Client } from '../client.ts';
import {
  connectionOptions,
  flagOf,
  isOn,
  jsonOption,
  yesOption,
  type Arguments,
  type Command,
  type Option,
} from '../command.ts';
import { resolveConnection } from '../connection.ts';
import type { ExitName } from '../exit.ts';
import { usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { changesBetween, surplus, type Change } from '../manifest/changes.ts';
import { execute } from '../manifest/execute.ts';
import { callTo, interestOf, readAll, readLive } from '../manifest/live.ts';
import { readManifest } from '../manifest/read.ts';
import type { Resource } from '../manifest/resource.ts';
import { kinds } from '../manifest/schema.ts';
import { changeJson, changeLines, countText, outcomeJson, outcomeLines, summaryText } from '../manifest/show.ts';
import { writeManifest, type WrittenManifest } from '../manifest/write.ts';
import { confirm, refuseExisting } from '../terminal/confirm.ts';
import { painter } from '../terminal/text.ts';

const section = 'Files';
const optionalFile = { name: 'file', type: 'string', short: 'f', placeholder: 'FILE', path: true } as const;
const fileOption: Option = { ...optionalFile, required: true, summary: 'YAML file; - is the standard input' };
const pruneOption: Option = {
  name: 'prune',
  type: 'boolean',
  summary: 'Also delete what these tenants have and the file has not',
};

const notes = [
  [
    'A file holds one or more YAML documents: `tenants:`, a list of {slug, name, apis, apps, subscriptions}; an API has',
    '{slug, name, versions, plans, …}, a version {name, openapi, upstreams, state, access, …}. Fields are those of the',
    'commands ("tulou versions create --help"). `openapi` is a path relative to the file.',
  ].join(' '),
  'What the file does not mention stays as it is. Keys and other secrets are never in the file.',
];

export const apply: Command = {
  kind: 'command',
  section,
  summary: 'Make the platform as a file says; a second time changes nothing',
  positionals: [],
  options: [
    fileOption,
    { name: 'dry-run', type: 'boolean', summary: 'Only show what would change, as "tulou diff" does' },
    pruneOption,
    yesOption,
    jsonOption,
    ...connectionOptions,
  ],
  notes,
  examples: [
    'tulou apply -f acme.yaml',
    'tulou apply -f acme.yaml --dry-run',
    'tulou apply -f acme.yaml --prune --yes',
  ],
  run: runApply,
};

export const diff: Command = {
  kind: 'command',
  section,
  summary: 'Show what "tulou apply" would change: exit code 0 for nothing, 2 for something',
  positionals: [],
  options: [fileOption, pruneOption, jsonOption, ...connectionOptions],
  notes,
  examples: ['tulou diff -f acme.yaml', 'tulou diff -f acme.yaml --json'],
  run: async (args, io) => {
    const comparison = await compare(openClient(await resolveConnection(args, io), io), args, io);
    return showChanges(comparison, args, io);
  },
};

export const exportFile: Command = {
  kind: 'command',
  section,
  summary: 'Write tenants as a file that "tulou apply" takes back without change',
  positionals: ['…'],
  options: [
    {
      ...optionalFile,
      summary:
        'Where to write it, with the OpenAPI documents in a folder beside it; else the standard output holds all',
    },
    { ...yesOption, summary: 'Replace a file that is there' },
    ...connectionOptions,
  ],
  notes: [
    'Arguments are tenants; without any it is the tenant of the token, or for an operator all tenants. Secrets are not written.',
  ],
  examples: ['tulou export acme -f acme.yaml', 'tulou export acme umbrella > all.yaml'],
  run: runExport,
};

interface Comparison {
  readonly changes: readonly Change[];
  /** There, but not in the file. */
  readonly extra: readonly Resource[];
}

async function compare(client: Client, args: Arguments, io: Io): Promise<Comparison> {
  const file = flagOf(args, 'file');
  if (file === undefined) throw usageFailure('Which file? Give "-f FILE".');
  const wanted = await readManifest(file, io);
  const live = await readLive(client, interestOf(wanted));
  return { changes: changesBetween(wanted, live, { prune: isOn(args, 'prune') }), extra: surplus(wanted, live) };
}

function showChanges({ changes, extra }: Comparison, args: Arguments, io: Io): ExitName {
  if (isOn(args, 'json')) io.stdout.write(`${JSON.stringify({ changes: changes.map(changeJson) })}\n`);
  else if (changes.length === 0) io.stdout.write('No change: the platform is as the file says.\n');
  else print(changeLines(changes, painter(io, io.stdout)), io);
  tellExtra(extra, args, io);
  return changes.length === 0 ? 'ok' : 'changes';
}

async function runApply(args: Arguments, io: Io): Promise<ExitName> {
  const client = openClient(await resolveConnection(args, io), io);
  const comparison = await compare(client, args, io);
  if (isOn(args, 'dry-run')) return showChanges(comparison, args, io);
  const { changes, extra } = comparison;
  await confirmDeletions(changes, args, io);
  const isJson = isOn(args, 'json');
  const paint = painter(io, io.stdout);
  if (!isJson && changes.length > 0) io.stderr.write(`${countText(changes)}\n`);
  const outcomes = await execute(changes, client, (outcome) => isJson || print(outcomeLines(outcome, paint), io));
  if (isJson) io.stdout.write(`${JSON.stringify({ changes: outcomes.map(outcomeJson) })}\n`);
  else
    io.stdout.write(
      outcomes.length === 0 ? 'No change: the platform is as the file says.\n' : `${summaryText(outcomes)}\n`,
    );
  tellExtra(extra, args, io);
  return outcomes.find((one) => one.failure !== undefined)?.failure?.facts.exit ?? 'ok';
}

function tellExtra(extra: readonly Resource[], args: Arguments, io: Io): void {
  if (extra.length === 0 || isOn(args, 'prune')) return;
  const objects = extra.length === 1 ? '1 object is' : `${extra.length} objects are`;
  io.stderr.write(`${objects} there but not in the file, and stay; --prune deletes them.\n`);
}

async function confirmDeletions(changes: readonly Change[], args: Arguments, io: Io): Promise<void> {
  const deletions = changes.filter((one) => one.action === 'delete');
  if (deletions.length === 0) return;
  const names = deletions.map((one) => one.address).join(', ');
  await confirm(`This deletes for good ${names}`, 'delete', isOn(args, 'yes'), io);
}

async function runExport(args: Arguments, io: Io): Promise<ExitName> {
  const client = openClient(await resolveConnection(args, io), io);
  const tenants = args.positionals.length > 0 ? args.positionals : await visibleTenants(client);
  const live = await readLive(client, { tenants, wantsApi: () => true, wantsDocument: () => true });
  const read = new Set(
    live.filter((one) => one.kind === 'tenant').flatMap((one) => [one.self, String(one.fields['id'])]),
  );
  const missing = tenants.find((one) => !read.has(one));
  if (missing !== undefined) throw usageFailure(`There is no tenant "${missing}" that this token may read.`);
  const file = flagOf(args, 'file');
  if (file === undefined || file === '-') io.stdout.write(writeManifest(live, undefined).text);
  else
    await save(writeManifest(live, `${basename(file).replace(/\.ya?ml$/, '')}.openapi`), file, isOn(args, 'yes'), io);
  return 'ok';
}

async function visibleTenants(client: Client): Promise<string[]> {
  const { json } = await client.call(callTo(whoami.get, {}));
  const { tenant } = json as { tenant?: { slug: string } };
  if (tenant !== undefined) return [tenant.slug];
  const all = await readAll(client, kinds.tenant.operations.list, {});
  return all.filter((one) => one['state'] !== 'deleting').map((one) => String(one['slug']));
}

async function save(written: WrittenManifest, file: string, isYes: boolean, io: Io): Promise<void> {
  const path = resolve(io.cwd, file);
  const files = [
    { path, text: written.text },
    ...written.documents.map((one) => ({ ...one, path: resolve(dirname(path), one.path) })),
  ];
  if (!isYes)
    await refuseExisting(
      files.map((one) => one.path),
      io,
    );
  for (const one of files) {
    await io.files.mkdir(dirname(one.path), { recursive: true });
    await io.files.writeFile(one.path, one.text);
  }
  const documents = written.documents.map((one) => one.path).join(', ');
  io.stderr.write(`Wrote ${[file, documents].filter((text) => text !== '').join(', ')}.\n`);
}

function print(lines: readonly string[], io: Io): void {
  io.stdout.write(lines.map((line) => `${line}\n`).join(''));
}
