/** `tulou apply`, `diff` and `export`: compare a file of tenants and their objects with the platform. */
import { tenants as tenantOperations } from '@tulou/contract/operations/tenants';
import { whoami } from '@tulou/contract/operations/whoami';
import { dirname, basename, resolve } from 'node:path';
import type { Client } from '../client.ts';
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
import { connect } from '../connection.ts';
import type { ExitName } from '../exit.ts';
import { Failure, usageFailure } from '../failure.ts';
import type { Io } from '../io.ts';
import { joined, say, type Text } from '../language/say.ts';
import { bodyOfUpdate, changesBetween, surplus, type Change } from '../manifest/changes.ts';
import { execute } from '../manifest/execute.ts';
import { callTo, interestOf, mapLimited, readAll, readLive } from '../manifest/live.ts';
import { readManifest } from '../manifest/read.ts';
import type { Resource } from '../manifest/resource.ts';
import { kinds, type ResourceKind } from '../manifest/schema.ts';
import { refusalsOf } from '../manifest/refusals.ts';
import {
  changeJson,
  changeLines,
  countText,
  outcomeJson,
  outcomeLines,
  refusalJson,
  refusalLines,
  summaryText,
} from '../manifest/show.ts';
import { writeManifest, type WrittenManifest } from '../manifest/write.ts';
import { effectOf } from '../operations/effects.ts';
import { confirm, refuseExisting } from '../terminal/confirm.ts';
import { printLines, printText } from '../terminal/print.ts';
import { painter } from '../terminal/text.ts';

const section = 'Files';
const optionalFile = { name: 'file', type: 'string', short: 'f', placeholder: 'FILE', path: true } as const;
const fileOption: Option = { ...optionalFile, required: true, summary: 'YAML file; - is the standard input' };
const pruneOption: Option = {
  name: 'prune',
  type: 'boolean',
  summary: 'Also delete objects of these tenants that are not in the file',
};

const notes = [
  'A file contains one or more YAML documents: `tenants:`, a list of {slug, name, apis, apps, subscriptions, installations, issuer, connections, members}. An API has {slug, name, scopes, versions, plans, …}, an app {slug, name, clients, …}. The fields are those of the commands ("tulou versions create --help"). `openapi` is a path relative to the file.',
  'Objects and fields that the file does not mention stay unchanged. Keys and other secrets are never in the file. A connection names the environment variable of its secret: client_secret: {env: NAME}.',
  'Members, connections and the issuer are deleted only if the file states their lists, also empty ones.',
];

export const apply: Command = {
  kind: 'command',
  section,
  summary: 'Change the platform to match a file. A second run changes nothing',
  positionals: [],
  options: [
    fileOption,
    { name: 'dry-run', type: 'boolean', summary: 'Only show the changes, as "tulou diff" does' },
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
  summary: 'Show the changes that "tulou apply" would make. Exit code 0: none; 2: some; 65: some would be refused',
  positionals: [],
  options: [fileOption, pruneOption, jsonOption, ...connectionOptions],
  notes,
  examples: ['tulou diff -f acme.yaml', 'tulou diff -f acme.yaml --json'],
  run: async (args, io) => {
    const { client } = await connect(args, io);
    return showChanges(await compare(client, args, io), client, args, io);
  },
};

export const exportFile: Command = {
  kind: 'command',
  section,
  summary: 'Write tenants to a file that "tulou apply" accepts without change',
  positionals: ['…'],
  options: [
    {
      ...optionalFile,
      summary: 'File to write, with the OpenAPI documents in a folder beside it; by default the standard output',
    },
    { ...yesOption, summary: 'Replace an existing file' },
    ...connectionOptions,
  ],
  notes: [
    'Arguments are tenants. Without arguments it is the tenant of the token, or for an operator all tenants. Secrets are not written.',
  ],
  examples: ['tulou export acme -f acme.yaml', 'tulou export acme umbrella > all.yaml'],
  run: runExport,
};

interface Comparison {
  readonly wanted: readonly Resource[];
  readonly live: readonly Resource[];
  readonly changes: readonly Change[];
  /** Existing objects that are not in the file. */
  readonly extra: readonly Resource[];
}

async function compare(client: Client, args: Arguments, io: Io): Promise<Comparison> {
  const file = flagOf(args, 'file');
  if (file === undefined) throw usageFailure('Missing option: --file FILE (-f).');
  const wanted = await readManifest(file, io);
  const live = await readLive(client, interestOf(wanted));
  const changes = changesBetween(wanted, live, { prune: isOn(args, 'prune') });
  return { wanted, live, changes, extra: surplus(wanted, live) };
}

async function showChanges(comparison: Comparison, client: Client, args: Arguments, io: Io): Promise<ExitName> {
  const { changes, extra } = comparison;
  const refusals = await refusalsOf(comparison, client);
  if (isOn(args, 'json'))
    io.stdout.write(`${JSON.stringify({ changes: changes.map(changeJson), refusals: refusals.map(refusalJson) })}\n`);
  else if (changes.length === 0) printText('No changes: the platform matches the file.', io.stdout, io);
  else printLines(changeLines(changes, painter(io, io.stdout), io.env.language), io.stdout);
  if (!isOn(args, 'json') && refusals.length > 0) {
    printText(say`"tulou apply" would be refused (${refusals.length}):`, io.stdout, io);
    printLines(refusalLines(refusals, painter(io, io.stdout), io.env.language), io.stdout);
  }
  noteExtra(extra, args, io);
  if (refusals.length > 0) return 'data';
  return changes.length === 0 ? 'ok' : 'changes';
}

async function runApply(args: Arguments, io: Io): Promise<ExitName> {
  const { client } = await connect(args, io);
  const comparison = await compare(client, args, io);
  if (isOn(args, 'dry-run')) return showChanges(comparison, client, args, io);
  const { changes, extra } = comparison;
  if (!isOn(args, 'yes')) await confirmBreaking(changes, { client, line: args.line }, io);
  const isJson = isOn(args, 'json');
  const paint = painter(io, io.stdout);
  if (!isJson && changes.length > 0) printText(countText(changes), io.stderr, io);
  const outcomes = await execute(
    changes,
    client,
    (outcome) => isJson || printLines(outcomeLines(outcome, paint, io.env.language), io.stdout),
  );
  if (isJson) io.stdout.write(`${JSON.stringify({ changes: outcomes.map(outcomeJson) })}\n`);
  else
    printText(
      outcomes.length === 0 ? 'No changes: the platform matches the file.' : summaryText(outcomes),
      io.stdout,
      io,
    );
  noteExtra(extra, args, io);
  return outcomes.find((one) => one.failure !== undefined)?.failure?.facts.exit ?? 'ok';
}

function noteExtra(extra: readonly Resource[], args: Arguments, io: Io): void {
  if (extra.length === 0 || isOn(args, 'prune')) return;
  const { length } = extra;
  printText(
    length === 1
      ? '1 object is not in the file and stays; --prune deletes it.'
      : say`${length} objects are not in the file and stay; --prune deletes them.`,
    io.stderr,
    io,
  );
}

interface Asking {
  readonly client: Client;
  readonly line: string;
}

/** Asks before deletions, and before changes that break callers. */
async function confirmBreaking(changes: readonly Change[], { client, line }: Asking, io: Io): Promise<void> {
  const deletions = changes.filter((one) => one.action === 'delete');
  const found = await mapLimited(changes, (change) => effectsOf(change, client, io));
  if (deletions.length === 0 && found.every((effects) => effects.length === 0)) return;
  const effects = changes.flatMap(({ address }, i) => {
    const [first, ...more] = found[i] ?? [];
    return first === undefined ? [] : [joined([address, joined([first, ...more], ' ')], ': ')];
  });
  const names = deletions.map((one) => one.address).join(', ');
  const what: Text = names === '' ? 'Apply breaking changes' : say`Delete for good: ${names}`;
  await confirm({ what, effects, word: names === '' ? undefined : 'delete', line }, io);
}

/** The consequences of one change. Facts that cannot be read are left out. */
async function effectsOf({ action, resource, fields }: Change, client: Client, io: Io): Promise<readonly Text[]> {
  if (action === 'create' || resource.kind === 'tenant') return [];
  const effect = effectOf(kinds[resource.kind].operations[action]);
  if (effect === undefined) return [];
  const params = { ...resource.parent, [resource.kind]: resource.self };
  const body = action === 'update' ? bodyOfUpdate(resource.fields, fields) : {};
  return effect.read({ params, body, client, nowMs: io.now() }).catch((error: unknown) => {
    if (error instanceof Failure) return [];
    throw error;
  });
}

async function runExport(args: Arguments, io: Io): Promise<ExitName> {
  const { client } = await connect(args, io);
  const tenants = args.positionals.length > 0 ? args.positionals : await visibleTenants(client);
  const denied = new Set<string>();
  const onDenied = (tenant: string, kind: ResourceKind): void => void denied.add(`${kinds[kind].key} (${tenant})`);
  const live = await readLive(client, { tenants, onDenied, ...everything });
  const read = new Set(
    live.filter((one) => one.kind === 'tenant').flatMap((one) => [one.self, String(one.fields['id'])]),
  );
  const missing = tenants.find((one) => !read.has(one));
  if (missing !== undefined) throw usageFailure(say`There is no tenant "${missing}" that this token may read.`);
  const file = flagOf(args, 'file');
  if (file === undefined || file === '-') io.stdout.write(writeManifest(live, undefined).text);
  else
    await save(writeManifest(live, `${basename(file).replace(/\.ya?ml$/, '')}.openapi`), file, isOn(args, 'yes'), io);
  if (denied.size > 0)
    printText(
      say`Left out, because the role of the credential does not allow it: ${[...denied].join(', ')}.`,
      io.stderr,
      io,
    );
  if (live.some((one) => one.kind === 'connection')) printText(connectionNote, io.stderr, io);
  return 'ok';
}

const everything = {
  wantsParts: () => true,
  wantsGuarded: () => true,
  wantsDocument: () => true,
};

const connectionNote =
  'The file has no client secrets. Before you apply it elsewhere, add "client_secret: {env: NAME}" to connections that need one.';

async function visibleTenants(client: Client): Promise<string[]> {
  const { json } = await client.call(callTo(whoami.get, {}));
  const { tenant } = json as { tenant?: { slug: string } };
  if (tenant !== undefined) return [tenant.slug];
  const all = await readAll(client, tenantOperations.list, {});
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
  printText(say`Wrote ${[file, documents].filter((text) => text !== '').join(', ')}.`, io.stderr, io);
}
