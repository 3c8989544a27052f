/**
 * The probes of an operation: pairs of requests. One names an object of another tenant; the other names, in the same place,
 * an object that never existed. They come from the table alone.
 */
import type { Operation } from '@tulou/contract';
import { z } from 'zod';
import { seedOf } from './seeds.ts';
import { fillPath, isTenantScoped, namedBy, paramsOf, type Named, type View } from './world.ts';

export interface Sent {
  readonly path: string;
  readonly body: object | undefined;
}

export interface Probe {
  readonly name: string;
  readonly foreign: Sent;
  readonly ghost: Sent;
}

export interface Views {
  /** The objects of the caller's own tenant. */
  readonly own: View;
  readonly foreign: View;
  readonly ghost: View;
}

/** Every probe of one operation. */
export function probesOf(operation: Operation, views: Views): readonly Probe[] {
  if (!isTenantScoped(operation)) return [];
  return [
    ...tenantProbes(operation, views),
    ...paramProbes(operation, views),
    ...bodyProbes(operation, views),
    ...queryProbes(operation, views),
  ];
}

type By = 'id' | 'slug';
const bys: readonly By[] = ['id', 'slug'];

/** The foreign tenant itself in the path, with its own objects behind it. */
function tenantProbes(operation: Operation, { foreign, ghost }: Views): readonly Probe[] {
  return bys.map((by) => ({
    name: `the tenant by ${by}`,
    foreign: sent(operation, foreign, by),
    ghost: sent(operation, ghost, by),
  }));
}

/** The own tenant, and each set of the other parameters foreign: one alone, and all of them. */
function paramProbes(operation: Operation, { own, foreign, ghost }: Views): readonly Probe[] {
  const params = paramsOf(operation.path).filter((param) => param !== 'tenant');
  const sets = params.length > 1 ? [...params.map((param) => [param]), params] : params.map((param) => [param]);
  return sets.flatMap((set) =>
    bys.map((by) => ({
      name: `${set.join(' and ')} by ${by}`,
      foreign: sent(operation, mixed(own, foreign, set), by, own),
      ghost: sent(operation, mixed(own, ghost, set), by, own),
    })),
  );
}

/** Fields of the body that refer to something: those whose value depends on what the tenant has. */
function bodyProbes(operation: Operation, { own, foreign, ghost }: Views): readonly Probe[] {
  if (operation.body === undefined) return [];
  const path = fillPath(operation.path, own) ?? '';
  const bodyOf = (view: View): Record<string, unknown> =>
    seedOf(operation.id, view, 'probe') as Record<string, unknown>;
  const mine = bodyOf(own);
  return bys.flatMap((by) => {
    const [theirs, nobodys] = [foreign, ghost].map((view) => bodyOf(by === 'slug' ? bySlug(view) : view));
    const fields = Object.keys(mine).filter((field) => JSON.stringify(mine[field]) !== JSON.stringify(theirs?.[field]));
    const sets = fields.length > 1 ? [...fields.map((field) => [field]), fields] : fields.map((field) => [field]);
    return sets.map((set) => ({
      name: `${set.join(' and ')} in the body by ${by}`,
      foreign: { path, body: { ...mine, ...pick(theirs, set) } },
      ghost: { path, body: { ...mine, ...pick(nobodys, set) } },
    }));
  });
}

/** Free text in the query may name anything: each of the foreign tenant's objects in each such parameter. */
function queryProbes(operation: Operation, { own, foreign, ghost }: Views): readonly Probe[] {
  const path = fillPath(operation.path, own);
  if (path === undefined) return [];
  const fields = Object.keys(operation.query.shape).filter(
    (field) => field !== 'cursor' && field !== 'after' && takesText(operation, field),
  );
  return fields.flatMap((field) =>
    ['tenant', ...Object.keys(foreign.objects)].flatMap((param) =>
      bys.flatMap((by) => {
        const [theirs, nobodys] = [foreign, ghost].map((view) => namedBy(view, param)?.[by]);
        if (theirs === undefined || nobodys === undefined) return [];
        const at = (value: string): Sent => ({ path: `${path}?${field}=${value}`, body: undefined });
        return [{ name: `${field}=<${param}> by ${by}`, foreign: at(theirs), ghost: at(nobodys) }];
      }),
    ),
  );
}

function takesText(operation: Operation, field: string): boolean {
  const schema: unknown = operation.query.shape[field];
  return schema instanceof z.ZodType && schema.safeParse('app_00000000000000000000000000').success;
}

function sent(operation: Operation, view: View, by: By, bodyView = view): Sent {
  const path = fillPath(operation.path, view, by);
  if (path === undefined) throw new Error(`${operation.id}: no seed for a parameter of ${operation.path}`);
  return { path, body: operation.body === undefined ? undefined : seedOf(operation.id, bodyView, 'probe') };
}

function mixed(own: View, other: View, params: readonly string[]): View {
  const taken = params.map((param): [string, Named] => [param, namedBy(other, param) ?? { id: '', slug: undefined }]);
  return { tenant: own.tenant, objects: { ...own.objects, ...Object.fromEntries(taken) } };
}

const bySlug = (view: View): View => ({
  tenant: nameBySlug(view.tenant),
  objects: Object.fromEntries(Object.entries(view.objects).map(([param, object]) => [param, nameBySlug(object)])),
});

const nameBySlug = ({ id, slug }: Named): Named => ({ id: slug ?? id, slug });

const pick = (from: Record<string, unknown> | undefined, fields: readonly string[]): object =>
  Object.fromEntries(fields.map((field) => [field, from?.[field]]));
