/** Executes changes, kind after kind. A failed change skips only those that depend on it. */
import type { Client } from '../client.ts';
import { Failure } from '../failure.ts';
import { joined, say, type Text } from '../language/say.ts';
import { bodyOfUpdate, differences, type Change } from './changes.ts';
import { documentValue } from './documents.ts';
import { callTo, mapLimited, readDocument } from './live.ts';
import { addressOf, paramsWithin, type Fields, type Resource } from './resource.ts';
import { kinds } from './schema.ts';

export interface Outcome {
  readonly change: Change;
  readonly status: 'done' | 'failed' | 'skipped';
  readonly failure?: Failure;
  /** A remark on a success. */
  readonly note?: Text;
  /** A new secret, which the platform shows only now. */
  readonly secret?: { readonly field: string; readonly value: string };
}

/** After such a failure every other change would fail too. */
const isHopeless = (failure: Failure | undefined): boolean =>
  failure?.facts.exit === 'unreachable' || failure?.facts.code === 'unauthenticated';

/** Executes each change and reports it immediately. Stops if the platform is unreachable or refuses the token. */
export async function execute(
  changes: readonly Change[],
  client: Client,
  report: (outcome: Outcome) => void,
): Promise<Outcome[]> {
  const missing = new Set<string>();
  let isOver = false;
  const carry = async (change: Change): Promise<Outcome> => {
    const isHeldBack = isOver || change.needs.some((need) => missing.has(need));
    const outcome: Outcome = isHeldBack ? { change, status: 'skipped' } : await attempt(change, client);
    if (outcome.status !== 'done') missing.add(change.address);
    isOver ||= isHopeless(outcome.failure);
    report(outcome);
    return outcome;
  };
  const outcomes: Outcome[] = [];
  for (const stage of stagesOf(changes)) outcomes.push(...(await mapLimited(stage, carry)));
  return outcomes;
}

/** Changes of one kind do not depend on each other: those of a stage run concurrently. Objects of one name keep their order. */
const stagesOf = (changes: readonly Change[]): Iterable<readonly Change[]> =>
  Map.groupBy(
    changes,
    ({ action, isLast, resource }) =>
      `${action === 'delete' ? 'without' : isLast ? 'last' : 'with'} ${resource.kind} ${resource.ordinal ?? 1}`,
  ).values();

async function attempt(change: Change, client: Client): Promise<Outcome> {
  try {
    const answer = await carryOut(change, client);
    return { change, status: 'done', ...noteOn(change, answer), ...secretOf(answer) };
  } catch (error) {
    if (error instanceof Failure) return { change, status: 'failed', failure: error };
    throw error;
  }
}

function secretOf(answer: Fields | undefined): Pick<Outcome, 'secret'> {
  const value = answer?.['client_secret'];
  return typeof value === 'string' ? { secret: { field: 'client_secret', value } } : {};
}

function noteOn({ action, resource }: Change, answer: Fields | undefined): Pick<Outcome, 'note'> {
  if (answer?.['state'] === 'pending') return { note: 'waiting for the approval of the provider' };
  const warnings = (answer?.['warnings'] ?? []) as readonly { readonly message: string }[];
  if (warnings.length > 0) return { note: joined([...new Set(warnings.map(({ message }) => message))], ' ') };
  if (action !== 'create') return {};
  if (resource.kind === 'member') return { note: 'an invitation was sent by mail' };
  const isWithout = resource.kind === 'connection' && (resource.fields['client_secret'] ?? null) === null;
  return isWithout ? { note: 'without a client secret' } : {};
}

function carryOut(change: Change, client: Client): Promise<Fields | undefined> {
  const { resource, action, fixed } = change;
  if (fixed.length > 0) throw fixedFailure(change);
  if (action === 'create') return create(resource, client);
  if (action === 'update') return update(resource, client);
  return remove(resource, client);
}

/** The failure of a change that only a new object can bring. */
export const fixedFailure = ({ fixed }: Change): Failure =>
  new Failure(say`Fields that cannot change after creation: ${fixed.map((one) => one.path).join(', ')}`, {
    exit: 'conflict',
    help: 'Delete the object and apply again, or keep the fields as they are.',
  });

/** The failure of a connection whose secret is in a variable that is not set; undefined if all are there. */
export function secretFailure({ fields, secrets = {} }: Resource): Failure | undefined {
  const missing = Object.entries(secrets).find(([, value]) => value === undefined);
  if (missing === undefined) return undefined;
  const { env } = fields[missing[0]] as { env: string };
  return new Failure(say`The environment variable ${env} is not set`, {
    exit: 'data',
    help: say`Set it to the secret, or remove "${missing[0]}" from the file.`,
  });
}

async function create(resource: Resource, client: Client): Promise<Fields | undefined> {
  const { operations } = kinds[resource.kind];
  const failure = secretFailure(resource);
  if (failure !== undefined) throw failure;
  const known = operations.create.body?.shape ?? {};
  const body = Object.fromEntries(Object.entries(sent(resource)).filter(([name]) => name in known));
  if (resource.kind === 'tenant') body['name'] ??= resource.self;
  const { json } = await client.call(callTo(operations.create, resource.parent, { body }));
  const made = json as Fields;
  if (Object.keys(resource.fields).every((name) => name in known)) return made;
  await update({ ...resource, self: String(made['id']) }, client);
  return made;
}

/** The fields as they are sent: a document as the text of its own file, and a secret instead of its variable. */
const sent = ({ fields, document, secrets }: Resource): Fields => ({
  ...fields,
  ...(document === undefined ? {} : { openapi: document.text }),
  ...secrets,
});

/** Reads the object again, and updates it with `If-Match`: a concurrent change is not overwritten. */
async function update(resource: Resource, client: Client): Promise<Fields | undefined> {
  const { operations, moves } = kinds[resource.kind];
  const params = paramsWithin(resource);
  const now = await client.call(callTo(operations.get, params));
  const live = { ...resource, fields: await withDocument(resource, now.json as Fields, client) };
  const fields = differences(resource, live);
  const move = moves === undefined ? undefined : fields.find((one) => one.path === 'state');
  const others = fields.filter((one) => one !== move);
  let answer = now.json as Fields;
  if (others.length > 0) {
    const ifMatch = now.etag === undefined ? {} : { ifMatch: now.etag };
    const call = callTo(operations.update, params, { body: bodyTo(resource, live, others), ...ifMatch });
    answer = (await client.call(call)).json as Fields;
  }
  const operation = move === undefined ? undefined : moves?.[String(move.after)];
  return operation === undefined ? answer : ((await client.call(callTo(operation, params))).json as Fields);
}

/** PATCH takes what differs, PUT the whole object. */
function bodyTo(resource: Resource, live: Resource, fields: Change['fields']): Fields {
  const { operations } = kinds[resource.kind];
  const all = sent(resource);
  if (operations.update.method === 'PUT') {
    const known = Object.keys(operations.update.body?.shape ?? {});
    return Object.fromEntries(known.map((name) => [name, name in all ? all[name] : live.fields[name]]));
  }
  const body = bodyOfUpdate(all, fields);
  const strict = all['strict_document'];
  return 'openapi' in body && strict !== undefined ? { ...body, strict_document: strict } : body;
}

/** A version does not contain its document: a separate read compares it, if the file has one. */
async function withDocument(resource: Resource, fields: Fields, client: Client): Promise<Fields> {
  if (resource.kind !== 'version' || resource.fields['openapi'] === undefined) return fields;
  const text = await readDocument(client, resource);
  return { ...fields, openapi: text === undefined ? null : documentValue(text, addressOf(resource)) };
}

async function remove(resource: Resource, client: Client): Promise<undefined> {
  if (resource.kind === 'tenant') throw new TypeError('a file never deletes a tenant');
  try {
    await client.call(callTo(kinds[resource.kind].operations.delete, paramsWithin(resource)));
  } catch (error) {
    // Already deleted is a success.
    if (!(error instanceof Failure && error.facts.exit === 'missing')) throw error;
  }
  return undefined;
}
