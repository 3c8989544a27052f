/** Reads for the sentences of a confirmation: names of dependent objects, and recent calls with their callers. */
import type { Operation } from '@tulou/contract';
import { usage } from '@tulou/contract/operations/usage';
import type { Call, Client } from '../client.ts';
import { say, type Text } from '../language/say.ts';
import { Failure } from '../failure.ts';
import { pathOf } from './registry.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** The operation that is to be confirmed. */
export interface Subject {
  readonly params: Readonly<Record<string, string>>;
  readonly body: Fields;
  readonly client: Client;
  readonly nowMs: number;
}

/** A call of an operation with these path parameters. */
export function callTo(operation: Operation, params: Readonly<Record<string, string>>, more: Partial<Call> = {}): Call {
  const result = pathOf(operation, new Map(Object.entries(params)));
  if ('wrong' in result) throw new Failure(say`The platform named no ${result.wrong}`, { exit: 'failed' });
  return { method: operation.method, path: result.path, ...more };
}

/** The object at the path of the subject. */
export async function fieldsAt({ client, params }: Subject, operation: Operation): Promise<Fields> {
  return (await client.call(callTo(operation, params))).json as Fields;
}

interface Selection {
  readonly query?: Readonly<Record<string, string>>;
  readonly keep?: (item: Fields) => boolean;
  /** The field that names an item. */
  readonly label?: string;
}

const pageItems = 200;

/** The names of a list's items. Only the first page: a confirmation needs no more. */
export async function namesOf(
  { client, params }: Subject,
  operation: Operation,
  { query = {}, keep = () => true, label }: Selection = {},
): Promise<string[]> {
  const search = new URLSearchParams({ ...query, limit: String(pageItems) });
  const { json } = await client.call(callTo(operation, params, { query: search }));
  return (json as { items: Fields[] }).items
    .filter(keep)
    .map((item) =>
      String((label === undefined ? undefined : item[label]) ?? item['slug'] ?? item['name'] ?? item['id']),
    );
}

/** How many there are; `200+` where the first page is full. */
export const countOf = (names: readonly string[]): string =>
  names.length < pageItems ? String(names.length) : `${pageItems}+`;

const days = 30;
const callersMax = 3;

interface Group {
  readonly app?: { readonly id: string; readonly name: string | null } | null;
  readonly requests: number;
}

/** A sentence about the calls of the last 30 days and their callers; none if there were no calls. */
export async function callsOf(
  { client, params, nowMs }: Subject,
  query: Readonly<Record<string, string>>,
): Promise<Text[]> {
  const from = new Date(nowMs - days * 86_400_000).toISOString();
  const search = new URLSearchParams({ ...query, from, by: 'app' });
  const { json } = await client.call(callTo(usage.get, { tenant: params['tenant'] ?? '' }, { query: search }));
  const { items, total } = json as { items: Group[]; total: { requests: number } };
  if (total.requests === 0) return [];
  const callers = items
    .toSorted((a, b) => b.requests - a.requests)
    .slice(0, callersMax)
    .map(({ app, requests }) => `${app?.name ?? app?.id ?? '-'} (${requests})`);
  const more = items.length > callersMax ? ', …' : '';
  return [say`Calls in the last ${days} days: ${total.requests}. Callers: ${callers.join(', ')}${more}.`];
}
