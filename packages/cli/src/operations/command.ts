/** One command for each operation of the contract, without code for any single one. */
import type { Operation } from '@tulou/contract';
import type { Answer, Call, Client } from '../client.ts';
import {
  connectionOptions,
  isOn,
  jsonOption,
  yesOption,
  type Arguments,
  type Command,
  type Group,
  type Option,
} from '../command.ts';
import { connect } from '../connection.ts';
import type { ExitName } from '../exit.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { ours, say, verbatim, type Text } from '../language/say.ts';
import { schemaOf } from '../schema.ts';
import { printForPeople, printRaw } from './answer.ts';
import { confirm } from '../terminal/confirm.ts';
import { printText } from '../terminal/print.ts';
import { effectOf } from './effects.ts';
import { explained, hintOnEmpty } from './missing.ts';
import { exampleOf } from './example.ts';
import { fieldsOf, flagName, optionOf } from './fields.ts';
import {
  isDestructive,
  isDocument,
  isFile,
  isPaged,
  itemSchemaOf,
  isWrite,
  nounOf,
  paramsOf,
  summaryOf,
  titleOf,
  verbOf,
} from './registry.ts';
import { callOf, pathParams } from './request.ts';
import { saveStream } from './stream.ts';

/** `tulou <noun> <verb>` for each of these operations, by noun. */
export function operationGroups(operations: readonly Operation[]): Record<string, Group> {
  const byNoun = Map.groupBy(operations, nounOf);
  return Object.fromEntries([...byNoun].map(([noun, members]) => [noun, groupOf(members)]));
}

function groupOf(members: readonly Operation[]): Group {
  const commands = Object.fromEntries(members.map((one) => [verbOf(one), operationCommand(one)]));
  const summary = verbatim(members.map(verbOf).join(', '));
  const only = members.length === 1 ? verbOf(members[0] as Operation) : undefined;
  return { kind: 'group', section: 'Objects', summary, commands, ...(only === undefined ? {} : { fallback: only }) };
}

/** The command of one operation. */
export function operationCommand(operation: Operation): Command {
  return {
    kind: 'command',
    summary: summaryOf(operation),
    positionals: paramsOf(operation),
    // Computed on demand: most runs need the options of one command only.
    get options() {
      return optionsOf(operation);
    },
    get examples() {
      return [exampleOf(operation)];
    },
    notes: [`${operation.method} /api/v1${operation.path}`, say`Requires: ${ours(accessWords(operation))}`],
    run: (args, io) => runOperation(operation, args, io),
  };
}

function accessWords({ access }: Operation): Text {
  if (access === 'public') return 'nothing';
  return access === 'operator' ? 'an operator token' : say`the role ${access} in the tenant, or an operator token`;
}

/** The fields of the operation first. A field whose name is taken can still be set with `--set` and `--file`. */
function optionsOf(operation: Operation): Option[] {
  const own = [
    ...paramsOf(operation).map(paramOption),
    ...fieldsOf(schemaOf(operation.query, 'input')).map((field) => ({ ...optionOf(field), required: undefined })),
    ...(operation.body === undefined ? [] : fieldsOf(schemaOf(operation.body, 'input')).map(optionOf)),
  ].map(({ required, ...option }) => (required === true ? { ...option, required } : option));
  const general = generalOptions(operation);
  const taken = new Set(general.map((one) => one.name));
  const unique = own.filter(
    (one, i) => !taken.has(one.name) && own.findIndex((other) => other.name === one.name) === i,
  );
  return [...unique, ...general];
}

const paramOption = (name: string): Option => ({
  name: flagName(name),
  type: 'string',
  placeholder: 'ID',
  summary: 'Instead of the argument',
});

function generalOptions(operation: Operation): Option[] {
  return [
    ...(operation.body === undefined ? [] : bodyOptions),
    ...(isPaged(operation) ? [allOption] : []),
    ...(hasTable(operation) ? [wideOption] : []),
    ...(hasEtag(operation) ? [etagOption] : []),
    ...(['PATCH', 'PUT', 'DELETE'].includes(operation.method) || operation.replaces === true ? [ifMatchOption] : []),
    ...(isWrite(operation) ? [idempotencyOption] : []),
    ...(isFile(operation) ? [outputOption] : []),
    ...(effectOf(operation) !== undefined || isFile(operation) ? [yesOption] : []),
    jsonOption,
    ...connectionOptions,
  ];
}

const bodyOptions: readonly Option[] = [
  {
    name: 'file',
    type: 'string',
    short: 'f',
    placeholder: 'FILE',
    path: true,
    summary: 'Body as YAML or JSON; - reads the standard input',
  },
  {
    name: 'set',
    type: 'string',
    multiple: true,
    placeholder: 'PATH=VALUE',
    summary: 'Set a nested field, e.g. limits.0.requests=100',
  },
];
const allOption: Option = { name: 'all', type: 'boolean', summary: 'Follow all pages' };
const wideOption: Option = { name: 'wide', type: 'boolean', summary: 'Show all columns' };
const etagOption: Option = { name: 'etag', type: 'boolean', summary: 'Print only the ETag, for --if-match' };
const ifMatchOption: Option = {
  name: 'if-match',
  type: 'string',
  placeholder: 'ETAG',
  summary: 'Fail if the object has changed since this ETag',
};
const idempotencyOption: Option = {
  name: 'idempotency-key',
  type: 'string',
  placeholder: 'KEY',
  summary: 'Makes retries safe; generated if omitted',
};
const outputOption: Option = {
  name: 'output',
  type: 'string',
  short: 'o',
  placeholder: 'FILE',
  path: true,
  required: true,
  summary: 'File to write',
};

const hasTable = (operation: Operation): boolean =>
  operation.output !== undefined && itemSchemaOf(schemaOf(operation.output, 'output')) !== undefined;

/** Objects have entity tags; lists and streams have none. */
const hasEtag = (operation: Operation): boolean => verbOf(operation) === 'get' && operation.path.endsWith('}');

async function runOperation(operation: Operation, args: Arguments, io: Io): Promise<ExitName> {
  const call = await callOf(operation, args, io);
  const { connection, client } = await connect(args, io);
  const params = Object.fromEntries(pathParams(operation, args));
  const named = { operation, params, body: call.body, query: call.query, client };
  try {
    if (!isOn(args, 'yes')) await confirmEffects({ operation, params, call, client, line: args.line }, io);
    if (isFile(operation)) return await saveStream(client, { ...call, accept: operation.stream ?? '' }, args, io);
    if (isDocument(operation)) return await printDocument(client, call, args, io);
    const answer = await (isOn(args, 'all') ? allPages(client, call) : client.call(call));
    if (isOn(args, 'etag')) io.stdout.write(`${answer.etag ?? ''}\n`);
    else if (isOn(args, 'json')) printRaw(answer, io);
    else {
      printForPeople(operation, answer, { isWide: isOn(args, 'wide') }, io);
      const hint = await hintOnEmpty(answer, named);
      if (hint !== undefined) printText(hint, io.stderr, io);
    }
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw await explained(error, named);
  }
  if (operation.id === 'whoami.get' && !isOn(args, 'json')) printText(connection.via, io.stderr, io);
  return 'ok';
}

/** Prints a document as it was published; for programs, as JSON. */
async function printDocument(client: Client, call: Call, args: Arguments, io: Io): Promise<ExitName> {
  const accept = isOn(args, 'json') ? 'application/json' : '*/*';
  const text = await (await client.open({ ...call, accept })).text();
  io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  return 'ok';
}

interface Asked {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
  readonly call: Call;
  readonly client: Client;
  readonly line: string;
}

/** Asks before a destructive or breaking operation. A fact that cannot be read is left out; a missing object is not asked about. */
async function confirmEffects({ operation, params, call, client, line }: Asked, io: Io): Promise<void> {
  const effect = effectOf(operation);
  if (effect === undefined) return;
  const body = (call.body ?? {}) as Readonly<Record<string, unknown>>;
  const effects = await effect.read({ params, body, client, nowMs: io.now() }).catch((error: unknown) => {
    if (error instanceof Failure && error.facts.exit === 'missing') throw error;
    return [];
  });
  if (effect.asks === 'if found' && effects.length === 0) return;
  const values = Object.values(params);
  const word = isDestructive(operation) ? values.at(-1) : undefined;
  await confirm({ what: say`${titleOf(operation)}: ${values.join('/')}`, effects, word, line }, io);
}

interface Page {
  readonly items: readonly unknown[];
  readonly next: string | null;
}

const pageItems = '200';

/** All pages as one. Throws if the platform names the same page twice. */
export async function allPages(client: Client, call: Call): Promise<Answer> {
  const query = new URLSearchParams(call.query);
  if (!query.has('limit')) query.set('limit', pageItems);
  const items: unknown[] = [];
  for (;;) {
    const answer = await client.call({ ...call, query });
    const page = answer.json as Page;
    items.push(...page.items);
    if (page.next === null)
      return { ...answer, json: { items, next: null }, text: JSON.stringify({ items, next: null }) };
    if (page.next === query.get('cursor'))
      throw new Failure('The platform returned the same page twice', { exit: 'failed' });
    query.set('cursor', page.next);
  }
}
