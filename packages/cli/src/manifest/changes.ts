/** The changes that make the platform match a file. Pure: two lists in, one list out. */
import { addressOf, parentAddress, type Fields, type Resource } from './resource.ts';
import { kindOrder, kinds } from './schema.ts';

export interface FieldChange {
  /** `limits[0].requests` */
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

export interface Change {
  readonly action: 'create' | 'update' | 'delete';
  readonly resource: Resource;
  readonly address: string;
  /** Addresses that this one depends on. */
  readonly needs: readonly string[];
  readonly fields: readonly FieldChange[];
  /** Differing fields that can be set only when the object is created. */
  readonly fixed: readonly FieldChange[];
  /** After all other creations and updates: a suspended app cannot be installed. */
  readonly isLast: boolean;
}

const rank = ({ kind }: Resource): number => kindOrder.indexOf(kind);

/** Members last: the caller may be one of them. */
const rankOfDeletion = (one: Resource): number => (one.kind === 'member' ? kindOrder.length : -rank(one));

/** Creations and updates in the order of dependency, then, with `prune`, deletions in the opposite one. */
export function changesBetween(
  wanted: readonly Resource[],
  live: readonly Resource[],
  options: { prune: boolean },
): Change[] {
  const there = new Map(live.map((one) => [addressOf(one), one]));
  const sorted = wanted.toSorted((a, b) => rank(a) - rank(b) || (a.ordinal ?? 1) - (b.ordinal ?? 1));
  const all = sorted.flatMap((one) => changeOf(one, there.get(addressOf(one))).flatMap(suspensionApart));
  const changes = [...all.filter((one) => !one.isLast), ...all.filter((one) => one.isLast)];
  return options.prune ? [...changes, ...surplus(wanted, live).map(deletionOf)] : changes;
}

/**
 * Existing objects that are not in the file, within its tenants. Parts of a deleted parent are not listed. Guarded kinds
 * are listed only if the file states their list: a file that says nothing of members removes none.
 */
export function surplus(wanted: readonly Resource[], live: readonly Resource[]): Resource[] {
  const kept = new Set(wanted.map(addressOf));
  const tenants = new Map(wanted.filter((one) => one.kind === 'tenant').map((one) => [one.self, one]));
  const isFree = ({ kind, parent }: Resource): boolean =>
    kinds[kind].isGuarded !== true || tenants.get(parent['tenant'] ?? '')?.states?.includes(kind) === true;
  return live
    .filter((one) => one.kind !== 'tenant' && !kept.has(addressOf(one)) && isFree(one))
    .filter((one) => kept.has(parentAddress(one) ?? ''))
    .toSorted((a, b) => rankOfDeletion(a) - rankOfDeletion(b));
}

function changeOf(wanted: Resource, live: Resource | undefined): Change[] {
  const change = { address: addressOf(wanted), needs: needsOf(wanted), isLast: false };
  if (live === undefined) {
    const fields = Object.entries(wanted.fields).map(([path, after]) => ({ path, before: undefined, after }));
    return [{ ...change, action: 'create', resource: wanted, fields, fixed: [] }];
  }
  const fields = differences(wanted, live);
  const fixed = fixedDifferences(wanted, live);
  if (fields.length === 0 && fixed.length === 0) return [];
  return [{ ...change, action: 'update', resource: { ...wanted, self: live.self }, fields, fixed }];
}

/** The suspension of an app as a change of its own, at the end. */
function suspensionApart(change: Change): Change[] {
  const { resource, action, address, needs } = change;
  const { state, ...others } = resource.fields;
  const suspension = change.fields.filter((one) => one.path === 'state');
  if (resource.kind !== 'app' || state !== 'suspended' || suspension.length === 0) return [change];
  const last: Change = {
    ...change,
    action: 'update',
    resource: { ...resource, fields: { slug: resource.fields['slug'], state } },
    needs: action === 'create' ? [...needs, address] : needs,
    fields: suspension,
    fixed: [],
    isLast: true,
  };
  const fields = change.fields.filter((one) => one.path !== 'state');
  if (fields.length === 0 && change.fixed.length === 0) return [last];
  return [{ ...change, resource: { ...resource, fields: others }, fields }, last];
}

const deletionOf = (resource: Resource): Change => ({
  action: 'delete',
  resource,
  address: addressOf(resource),
  needs: [],
  fields: [],
  fixed: [],
  isLast: false,
});

function needsOf(resource: Resource): string[] {
  const { kind, parent, fields } = resource;
  if (kind === 'tenant') return [];
  const tenant = `tenant ${parent['tenant'] ?? ''}`;
  const above = parentAddress(resource) ?? tenant;
  const own = above === tenant ? [tenant] : [tenant, above];
  if (kind === 'installation') return [...own, `app ${String(fields['app'])}`];
  if (kind !== 'subscription') return own;
  const api = String(fields['api']);
  return [
    ...own,
    `app ${parent['tenant'] ?? ''}/${String(fields['app'])}`,
    `api ${api}`,
    `plan ${api}/${String(fields['plan'])}`,
  ];
}

/** The names of the fields that an update can set. */
function updatable({ kind }: Resource): (name: string) => boolean {
  const { operations, moves, writeOnly = [] } = kinds[kind];
  const shape = operations.update.body?.shape ?? {};
  return (name) => !writeOnly.includes(name) && (name in shape || (name === 'state' && moves !== undefined));
}

/** The fields that differ from the file. Fields that the file does not mention never differ. */
export function differences(wanted: Resource, live: Resource): FieldChange[] {
  const isUpdatable = updatable(wanted);
  return Object.entries(wanted.fields)
    .filter(([name]) => isUpdatable(name))
    .flatMap(([name, after]) => compare(name, live.fields[name], after));
}

/** The differing fields that only a new object can have otherwise. */
function fixedDifferences(wanted: Resource, live: Resource): FieldChange[] {
  const isUpdatable = updatable(wanted);
  const { writeOnly = [] } = kinds[wanted.kind];
  return Object.entries(wanted.fields)
    .filter(([name]) => !isUpdatable(name) && !writeOnly.includes(name) && name in live.fields)
    .flatMap(([name, after]) => compare(name, live.fields[name], after));
}

/** The top-level fields that differ, with the wanted values: the body of the update. */
export function bodyOfUpdate(wanted: Fields, fields: readonly FieldChange[]): Fields {
  const names = new Set(fields.map((field) => /^[^.[]+/.exec(field.path)?.[0] ?? field.path));
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => names.has(name)));
}

function compare(path: string, before: unknown, after: unknown): FieldChange[] {
  if (same(before, after) || (/^\w+$/.test(path) && sameSet(before, after))) return [];
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length) {
    return after.flatMap((one, i) => compare(`${path}[${i}]`, before[i], one));
  }
  if (isRecord(before) && isRecord(after)) {
    const names = new Set([...Object.keys(before), ...Object.keys(after)]);
    return [...names].flatMap((name) => compare(`${path}${stepOf(name)}`, before[name], after[name]));
  }
  return [{ path, before, after }];
}

const stepOf = (name: string): string => (/^\w+$/.test(name) ? `.${name}` : `["${name}"]`);

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function same(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  return typeof a === 'string' && typeof b === 'string' && (sameMoment(a, b) || sameAddress(a, b));
}

/** Lists of words, such as scopes and host names, have no order. */
const sameSet = (a: unknown, b: unknown): boolean =>
  isWords(a) &&
  isWords(b) &&
  new Set(a).size === a.length &&
  a.length === b.length &&
  a.every((one) => b.includes(one));

const isWords = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string');

const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/;

/** One moment can be written in many zones. */
const sameMoment = (a: string, b: string): boolean =>
  moment.test(a) && moment.test(b) && Date.parse(a) === Date.parse(b);

/** `http://a` and `http://a/` are one address. */
const sameAddress = (a: string, b: string): boolean =>
  /^https?:\/\//.test(a) &&
  /^https?:\/\//.test(b) &&
  URL.canParse(a) &&
  URL.canParse(b) &&
  new URL(a).href === new URL(b).href;
