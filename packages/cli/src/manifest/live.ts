/** Reads the objects that a file names from the platform, in the same form. */
import type { Operation } from '@tulou/contract';
import { versions } from '@tulou/contract/operations/versions';
import type { Client } from '../client.ts';
import { Failure } from '../failure.ts';
import { say } from '../language/say.ts';
import { allPages } from '../operations/command.ts';
import { callTo } from '../operations/reads.ts';
import { documentValue } from './documents.ts';
import { addressOf, numbered, paramsWithin, resourceOf, type Fields, type Resource } from './resource.ts';
import { kinds, partsOf, type ResourceKind } from './schema.ts';

const callsAtOnce = 8;

export { callTo };

/** The selection of tenants and of their objects. */
export interface Interest {
  readonly tenants: readonly string[];
  /** Whether the objects within the lists of this one are read. */
  readonly wantsParts: (address: string) => boolean;
  /** Whether the guarded objects of this kind are read. */
  readonly wantsGuarded: (tenant: string, kind: ResourceKind) => boolean;
  readonly wantsDocument: (address: string) => boolean;
  /** Called for a list that the credential may not read. Absent: that is a failure. */
  readonly onDenied?: (tenant: string, kind: ResourceKind) => void;
}

/** Everything that the file names, and the other objects of the same tenants. */
export function interestOf(wanted: readonly Resource[]): Interest {
  const addresses = new Set(wanted.map(addressOf));
  const documented = new Set(wanted.filter((one) => one.fields['openapi'] !== undefined).map(addressOf));
  const tenants = wanted.filter((one) => one.kind === 'tenant');
  return {
    tenants: tenants.map((one) => one.self),
    wantsParts: (address) => addresses.has(address),
    wantsGuarded: (tenant, kind) => tenants.some((one) => one.self === tenant && one.states?.includes(kind) === true),
    wantsDocument: (address) => documented.has(address),
  };
}

/** The existing objects. A tenant that does not exist has none. */
export async function readLive(client: Client, interest: Interest): Promise<Resource[]> {
  const found = await mapLimited(interest.tenants, (one) => readTenant(client, one, interest));
  return numbered(found.flat());
}

async function readTenant(client: Client, slugOrId: string, interest: Interest): Promise<Resource[]> {
  const tenant = await readOne(client, kinds.tenant.operations.get, { tenant: slugOrId });
  if (tenant === undefined) return [];
  if (tenant['state'] === 'deleting') {
    const slug = String(tenant['slug']);
    throw new Failure(say`The tenant ${slug} is being deleted`, {
      exit: 'conflict',
      help: say`Restore it first: tulou tenants restore ${slug}`,
    });
  }
  return withParts(client, resourceOf('tenant', {}, tenant), interest);
}

/** An object and everything in its lists. */
async function withParts(client: Client, self: Resource, interest: Interest): Promise<Resource[]> {
  const parts = partsOf(self.kind);
  if (parts.length === 0 || !interest.wantsParts(addressOf(self))) return [await withDocument(client, self, interest)];
  const isWanted = (part: ResourceKind): boolean =>
    kinds[part].isGuarded !== true || interest.wantsGuarded(self.self, part);
  const lists = await Promise.all(
    parts.filter(isWanted).map(async (part) => {
      const found = await readPart(client, self, part, interest);
      const inner = await mapLimited(found, (one) => withParts(client, one, interest));
      return inner.flat();
    }),
  );
  return [self, ...lists.flat()];
}

async function readPart(client: Client, self: Resource, kind: ResourceKind, interest: Interest): Promise<Resource[]> {
  const { list, get } = kinds[kind].operations;
  const within = paramsWithin(self);
  try {
    if (list === undefined) {
      const single = await readOne(client, get, within);
      return single === undefined ? [] : [resourceOf(kind, within, single)];
    }
    const items = await readAll(client, list, within);
    return items.filter(isStanding).map((one) => resourceOf(kind, within, one));
  } catch (error) {
    if (!(error instanceof Failure && error.facts.exit === 'denied' && interest.onDenied !== undefined)) throw error;
    interest.onDenied(self.self, kind);
    return [];
  }
}

/** Ended objects stay readable, but have no effect. A trial belongs to the member who began it. */
const isStanding = ({ state, trial }: Fields): boolean =>
  state !== 'ended' && state !== 'rejected' && state !== 'revoked' && trial !== true;

/** The text of a version's document, as it was sent; undefined if there is none. */
export async function readDocument(client: Client, version: Resource): Promise<string | undefined> {
  const call = callTo(versions.openapi, paramsWithin(version), { accept: 'application/yaml, */*' });
  try {
    return await (await client.open(call)).text();
  } catch (error) {
    if (error instanceof Failure && error.facts.exit === 'missing') return undefined;
    throw error;
  }
}

async function withDocument(client: Client, version: Resource, interest: Interest): Promise<Resource> {
  if (version.kind !== 'version' || !interest.wantsDocument(addressOf(version))) return version;
  const text = await readDocument(client, version);
  if (text === undefined) return { ...version, fields: { ...version.fields, openapi: null } };
  const openapi = documentValue(text, addressOf(version));
  return { ...version, fields: { ...version.fields, openapi }, document: { text } };
}

/** The answer of a read, or undefined if the object does not exist. */
export async function readOne(
  client: Client,
  operation: Operation,
  params: Readonly<Record<string, string>>,
): Promise<Fields | undefined> {
  try {
    return (await client.call(callTo(operation, params))).json as Fields;
  } catch (error) {
    if (error instanceof Failure && error.facts.exit === 'missing') return undefined;
    throw error;
  }
}

/** All items of a list. */
export async function readAll(
  client: Client,
  operation: Operation,
  params: Readonly<Record<string, string>>,
): Promise<Fields[]> {
  const { json } = await allPages(client, callTo(operation, params));
  return (json as { items: Fields[] }).items;
}

/** Applies to each item, several concurrently, and keeps the order. */
export async function mapLimited<T, R>(items: readonly T[], apply: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const work = async (): Promise<void> => {
    for (const [i, item] of waiting) results[i] = await apply(item);
  };
  await Promise.all(Array.from({ length: Math.min(callsAtOnce, items.length) }, work));
  return results;
}
