/** Executes changes, kind after kind. A failed change skips only those that depend on it. */
import type { Operation } from '@tulou/contract';
import type { Client } from '../client.ts';
import { Failure } from '../failure.ts';
import type { Text } from '../language/say.ts';
import { bodyOfUpdate, differences, type Change } from './changes.ts';
import { callTo, mapLimited } from './live.ts';
import type { Fields, Resource } from './resource.ts';
import { kinds } from './schema.ts';

export interface Outcome {
  readonly change: Change;
  readonly status: 'done' | 'failed' | 'skipped';
  readonly failure?: Failure;
  /** A remark on a success. */
  readonly note?: Text;
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

/** Changes of one kind do not depend on each other: those of a stage run concurrently. */
const stagesOf = (changes: readonly Change[]): Iterable<readonly Change[]> =>
  Map.groupBy(
    changes,
    ({ action, resource }) => `${action === 'delete' ? 'without' : 'with'} ${resource.kind}`,
  ).values();

async function attempt(change: Change, client: Client): Promise<Outcome> {
  try {
    const note = noteOn(await carryOut(change, client));
    return { change, status: 'done', ...(note === undefined ? {} : { note }) };
  } catch (error) {
    if (error instanceof Failure) return { change, status: 'failed', failure: error };
    throw error;
  }
}

function noteOn(answer: Fields | undefined): Text | undefined {
  return answer?.['state'] === 'pending' ? 'waiting for the approval of the provider' : undefined;
}

function carryOut(change: Change, client: Client): Promise<Fields | undefined> {
  const { resource, action } = change;
  if (action === 'create') return create(resource, client);
  if (action === 'update') return update(resource, client);
  return remove(resource, client);
}

async function create(resource: Resource, client: Client): Promise<Fields | undefined> {
  const { operations } = kinds[resource.kind];
  const known = operations.create.body?.shape ?? {};
  const body = Object.fromEntries(Object.entries(sent(resource)).filter(([name]) => name in known));
  if (resource.kind === 'tenant') body['name'] ??= resource.self;
  const { json } = await client.call(callTo(operations.create, resource.parent, { body }));
  const made = json as Fields;
  const isAll = Object.keys(resource.fields).every((name) => name in known);
  return isAll ? made : ((await update({ ...resource, self: String(made['id']) }, client)) ?? made);
}

/** The fields as they are sent: a document as the text of its own file. */
const sent = ({ fields, document }: Resource): Fields =>
  document === undefined ? fields : { ...fields, openapi: document.text };

/** Reads the object again, and updates it with `If-Match`: a concurrent change is not overwritten. */
async function update(resource: Resource, client: Client): Promise<Fields | undefined> {
  const { operations } = kinds[resource.kind];
  const params = paramsTo(resource);
  const now = await client.call(callTo(operations.get, params));
  const live = await withDocument(resource, now.json as Fields, client);
  const fields = differences(resource, { ...resource, fields: live });
  if (fields.length === 0) return now.json as Fields;
  const body = bodyOfUpdate(sent(resource), fields);
  const ifMatch = now.etag === undefined ? {} : { ifMatch: now.etag };
  return (await client.call(callTo(operations.update, params, { body, ...ifMatch }))).json as Fields;
}

/** A version does not contain its document: a separate read compares it, if the file has one. */
async function withDocument(resource: Resource, fields: Fields, client: Client): Promise<Fields> {
  if (resource.kind !== 'version' || resource.fields['openapi'] === undefined) return fields;
  const document: Operation = kinds.version.operations.openapi;
  try {
    return { ...fields, openapi: (await client.call(callTo(document, paramsTo(resource)))).json };
  } catch (error) {
    if (error instanceof Failure && error.facts.exit === 'missing') return { ...fields, openapi: null };
    throw error;
  }
}

async function remove(resource: Resource, client: Client): Promise<undefined> {
  if (resource.kind === 'tenant') throw new TypeError('a file never deletes a tenant');
  try {
    await client.call(callTo(kinds[resource.kind].operations.delete, paramsTo(resource)));
  } catch (error) {
    // Already deleted is a success.
    if (!(error instanceof Failure && error.facts.exit === 'missing')) throw error;
  }
  return undefined;
}

/** The path parameters that lead to it: those of its parent, and its own. */
const paramsTo = ({ kind, parent, self }: Resource): Record<string, string> => ({ ...parent, [kind]: self });
