/** One command for each operation of the contract: no line of code is written for any of them. */
import type { Operation } from '@tulou/contract';
import { openClient, type Answer, type Call, type Client } from '../client.ts';
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
import { resolveConnection } from '../connection.ts';
import type { ExitName } from '../exit.ts';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';
import { schemaOf } from '../schema.ts';
import { printForPeople, printRaw } from '../terminal/answer.ts';
import { confirm } from '../terminal/confirm.ts';
import { exampleOf } from './example.ts';
import { fieldsOf, flagName, optionOf } from './fields.ts';
import { isDestructive, isDocument, isFile, isPaged, isWrite, nounOf, paramsOf, verbOf } from './registry.ts';
import { callOf, pathParams } from './request.ts';
import { saveStream } from './stream.ts';

/** `tulou <noun> <verb>` for each of these operations, by noun. */
export function operationGroups(operations: readonly Operation[]): Record<string, Group> {
  const byNoun = Map.groupBy(operations, nounOf);
  return Object.fromEntries([...byNoun].map(([noun, members]) => [noun, groupOf(members)]));
}

function groupOf(members: readonly Operation[]): Group {
  const commands = Object.fromEntries(members.map((one) => [verbOf(one), operationCommand(one)]));
  const summary = members.map(verbOf).join(', ');
  const only = members.length === 1 ? verbOf(members[0] as Operation) : undefined;
  return { kind: 'group', section: 'Objects', summary, commands, ...(only === undefined ? {} : { fallback: only }) };
}

/** The command of one operation. */
export function operationCommand(operation: Operation): Command {
  return {
    kind: 'command',
    summary: operation.summary,
    positionals: paramsOf(operation),
    // Only the command that runs needs them, and a schema is not made for nothing.
    get options() {
      return optionsOf(operation);
    },
    get examples() {
      return [exampleOf(operation)];
    },
    notes: [`${operation.method} /api/v1${operation.path}`, `Needs: ${accessWords(operation)}`],
    run: (args, io) => runOperation(operation, args, io),
  };
}

function accessWords({ access }: Operation): string {
  if (access === 'public') return 'nothing';
  return access === 'operator' ? 'an operator token' : `the role ${access} in the tenant, or an operator token`;
}

/** Own fields first. A field whose name is taken can still be set with `--set` and `--file`. */
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
    ...(hasEtag(operation) ? [etagOption] : []),
    ...(['PATCH', 'PUT', 'DELETE'].includes(operation.method) ? [ifMatchOption] : []),
    ...(isWrite(operation) ? [idempotencyOption] : []),
    ...(isFile(operation) ? [outputOption] : []),
    ...(isDestructive(operation) || isFile(operation) ? [yesOption] : []),
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
const etagOption: Option = { name: 'etag', type: 'boolean', summary: 'Print only the ETag, for --if-match' };
const ifMatchOption: Option = {
  name: 'if-match',
  type: 'string',
  placeholder: 'ETAG',
  summary: 'Only if it has not changed since',
};
const idempotencyOption: Option = {
  name: 'idempotency-key',
  type: 'string',
  placeholder: 'KEY',
  summary: 'Sent twice, done once (made up if not given)',
};
const outputOption: Option = {
  name: 'output',
  type: 'string',
  short: 'o',
  placeholder: 'FILE',
  path: true,
  required: true,
  summary: 'Where to write it',
};

/** Objects have entity tags; lists and streams have none. */
const hasEtag = (operation: Operation): boolean => verbOf(operation) === 'get' && operation.path.endsWith('}');

async function runOperation(operation: Operation, args: Arguments, io: Io): Promise<ExitName> {
  const call = await callOf(operation, args, io);
  const client = openClient(await resolveConnection(args, io), io);
  if (isDestructive(operation)) await confirmFor(operation, args, io);
  if (isFile(operation)) return saveStream(client, { ...call, accept: operation.stream ?? '' }, args, io);
  if (isDocument(operation)) return printDocument(client, call, args, io);
  const answer = await (isOn(args, 'all') ? allPages(client, call) : client.call(call));
  if (isOn(args, 'etag')) io.stdout.write(`${answer.etag ?? ''}\n`);
  else if (isOn(args, 'json')) printRaw(answer, io);
  else printForPeople(operation, answer, io);
  return 'ok';
}

/** As it was sent; for programs, as JSON. */
async function printDocument(client: Client, call: Call, args: Arguments, io: Io): Promise<ExitName> {
  const accept = isOn(args, 'json') ? 'application/json' : '*/*';
  const text = await (await client.open({ ...call, accept })).text();
  io.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  return 'ok';
}

async function confirmFor(operation: Operation, args: Arguments, io: Io): Promise<void> {
  const params = [...pathParams(operation, args).values()];
  const what = `${operation.summary.split(/[:;,]/)[0] ?? ''} ${params.join(' ')}`;
  await confirm(what, params.at(-1) ?? '', isOn(args, 'yes'), io);
}

interface Page {
  readonly items: readonly unknown[];
  readonly next: string | null;
}

const pageItems = '200';

/** All pages as one. Throws where the platform names the same page twice. */
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
      throw new Failure('The platform answers the same page again and again', { exit: 'failed' });
    query.set('cursor', page.next);
  }
}
