/** The changes that make the platform match a file. Pure: two lists in, one list out. */
import { addressOf, type Fields, type Resource } from './resource.ts';
import { kinds, type ResourceKind } from './schema.ts';

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
}

/** Each kind after those it needs. */
const order: readonly ResourceKind[] = ['tenant', 'api', 'version', 'plan', 'app', 'subscription'];

/** Creations and updates in the order of dependency, then, with `prune`, deletions in the opposite one. */
export function changesBetween(
  wanted: readonly Resource[],
  live: readonly Resource[],
  options: { prune: boolean },
): Change[] {
  const there = new Map(live.map((one) => [addressOf(one), one]));
  const sorted = wanted.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const changes = sorted.flatMap((one) => changeOf(one, there.get(addressOf(one))));
  return options.prune ? [...changes, ...surplus(wanted, live).map(deletionOf)] : changes;
}

/** Existing objects that are not in the file, within its tenants. Parts of a deleted parent are not listed. */
export function surplus(wanted: readonly Resource[], live: readonly Resource[]): Resource[] {
  const kept = new Set(wanted.map(addressOf));
  return live
    .filter((one) => one.kind !== 'tenant' && !kept.has(addressOf(one)) && !goesWithParent(one, kept))
    .toSorted((a, b) => order.indexOf(b.kind) - order.indexOf(a.kind));
}

const goesWithParent = (resource: Resource, kept: ReadonlySet<string>): boolean =>
  (resource.kind === 'version' || resource.kind === 'plan') && !kept.has(parentApi(resource));

const parentApi = ({ parent }: Resource): string => `api ${parent['tenant'] ?? ''}/${parent['api'] ?? ''}`;

function changeOf(wanted: Resource, live: Resource | undefined): Change[] {
  const address = addressOf(wanted);
  const needs = needsOf(wanted);
  if (live === undefined) {
    const fields = Object.entries(wanted.fields).map(([path, after]) => ({ path, before: undefined, after }));
    return [{ action: 'create', resource: wanted, address, needs, fields }];
  }
  const fields = differences(wanted, live);
  return fields.length === 0
    ? []
    : [{ action: 'update', resource: { ...wanted, self: live.self }, address, needs, fields }];
}

const deletionOf = (resource: Resource): Change => ({
  action: 'delete',
  resource,
  address: addressOf(resource),
  needs: [],
  fields: [],
});

function needsOf({ kind, parent, fields }: Resource): string[] {
  if (kind === 'tenant') return [];
  const tenant = `tenant ${parent['tenant'] ?? ''}`;
  if (kind === 'version' || kind === 'plan') return [tenant, `api ${parent['tenant'] ?? ''}/${parent['api'] ?? ''}`];
  if (kind !== 'subscription') return [tenant];
  const api = String(fields['api']);
  return [
    tenant,
    `app ${parent['tenant'] ?? ''}/${String(fields['app'])}`,
    `api ${api}`,
    `plan ${api}/${String(fields['plan'])}`,
  ];
}

/** The fields that differ from the file. Fields that the file does not mention never differ. */
export function differences(wanted: Resource, live: Resource): FieldChange[] {
  const updatable = kinds[wanted.kind].operations.update.body?.shape ?? {};
  return Object.entries(wanted.fields)
    .filter(([name]) => name in updatable)
    .flatMap(([name, after]) => compare(name, live.fields[name], after));
}

/** The top-level fields that differ, with the wanted values: the body of the update. */
export function bodyOfUpdate(wanted: Fields, fields: readonly FieldChange[]): Fields {
  const names = new Set(fields.map((field) => /^[^.[]+/.exec(field.path)?.[0] ?? field.path));
  return Object.fromEntries(Object.entries(wanted).filter(([name]) => names.has(name)));
}

function compare(path: string, before: unknown, after: unknown): FieldChange[] {
  if (same(before, after)) return [];
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
