/** The table of the service: the operations of `openapi.yaml`, each a function of the caller's tenant. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { Refusal } from './refusal.ts';
import { statuses, type Order, type OrderStore, type Status } from './store.ts';

export interface Call {
  readonly tenant: string;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The parsed JSON of the body; undefined where the operation takes none. */
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly fields?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly takesBody: boolean;
  readonly run: (call: Call, store: OrderStore) => Answer;
}

export const operations: readonly Operation[] = [
  { id: 'listOrders', method: 'GET', path: '/orders', takesBody: false, run: listOrders },
  { id: 'createOrder', method: 'POST', path: '/orders', takesBody: true, run: createOrder },
  { id: 'getOrder', method: 'GET', path: '/orders/{id}', takesBody: false, run: getOrder },
  { id: 'updateOrder', method: 'PATCH', path: '/orders/{id}', takesBody: true, run: updateOrder },
  { id: 'cancelOrder', method: 'POST', path: '/orders/{id}/cancel', takesBody: false, run: cancelOrder },
];

const listQuery = z.object({
  status: z.enum(statuses).optional(),
  limit: z.coerce.number().int().min(1).max(100).default(20),
  cursor: z.string().max(100).optional(),
});

const newOrder = z.strictObject({
  reference: z.string().min(1).max(100).optional(),
  currency: z.string().regex(/^[A-Z]{3}$/, 'three capital letters, such as EUR'),
  lines: z
    .array(
      z.strictObject({
        sku: z.string().min(1).max(64),
        quantity: z.int().min(1).max(1_000_000),
        unit_price: z.int().min(0).max(1_000_000_000),
      }),
    )
    .min(1)
    .max(100)
    .refine((lines) => Number.isSafeInteger(totalOf(lines)), 'the total is too large to be counted exactly'),
});

const change = z.strictObject({ status: z.enum(['packed', 'shipped', 'delivered']) });

/** The state that an order must be in to become another. */
const before: Readonly<Record<'packed' | 'shipped' | 'delivered', Status>> = {
  packed: 'placed',
  shipped: 'packed',
  delivered: 'shipped',
};

function listOrders({ tenant, query }: Call, store: OrderStore): Answer {
  const { status, limit, cursor } = parse(listQuery, Object.fromEntries(query), (path) => String(path[0] ?? ''));
  const items = store.list(tenant, { status, before: cursor, limit: limit + 1 });
  const page = items.slice(0, limit);
  return { status: 200, body: { items: page, next: items.length > limit ? (page.at(-1)?.id ?? null) : null } };
}

function createOrder({ tenant, body }: Call, store: OrderStore): Answer {
  const { reference = null, currency, lines } = parse(newOrder, body, pointer);
  const now = new Date();
  const at = now.toISOString();
  const order: Order = {
    id: newId(now),
    status: 'placed',
    reference,
    currency,
    lines,
    total: totalOf(lines),
    created_at: at,
    updated_at: at,
  };
  store.insert(tenant, order);
  return { status: 201, fields: { location: `orders/${order.id}` }, body: order };
}

function getOrder({ tenant, params }: Call, store: OrderStore): Answer {
  return { status: 200, body: find(store, tenant, params) };
}

function updateOrder({ tenant, params, body }: Call, store: OrderStore): Answer {
  const { status } = parse(change, body, pointer);
  return move(store, tenant, params, [before[status]], status);
}

function cancelOrder({ tenant, params }: Call, store: OrderStore): Answer {
  return move(store, tenant, params, ['placed', 'packed'], 'cancelled');
}

function move(store: OrderStore, tenant: string, params: Call['params'], from: readonly Status[], to: Status): Answer {
  const moved = store.move(tenant, params['id'] ?? '', from, to, new Date().toISOString());
  const order = find(store, tenant, params);
  if (!moved) throw new Refusal(409, `The order is ${order.status}; to become ${to} it must be ${from.join(' or ')}.`);
  return { status: 200, body: order };
}

function find(store: OrderStore, tenant: string, { id = '' }: Call['params']): Order {
  const order = store.get(tenant, id);
  if (order === undefined) throw new Refusal(404);
  return order;
}

function totalOf(lines: readonly { quantity: number; unit_price: number }[]): number {
  return lines.reduce((sum, { quantity, unit_price }) => sum + quantity * unit_price, 0);
}

/** Sorts by time: 48 bits of milliseconds, then 80 of chance, in hexadecimal. */
function newId(now: Date): string {
  return `ord_${now.getTime().toString(16).padStart(12, '0')}${randomBytes(10).toString('hex')}`;
}

function pointer(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function parse<T extends z.ZodType>(
  schema: T,
  value: unknown,
  place: (path: readonly PropertyKey[]) => string,
): z.output<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new Refusal(400, undefined, {
    violations: parsed.error.issues.map(({ path, message }) => ({ pointer: place(path), message })),
  });
}
