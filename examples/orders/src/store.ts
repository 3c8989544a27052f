/** The order books, in one SQLite file. Every statement names the tenant; it is the first column of the primary key. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

export const statuses = ['placed', 'packed', 'shipped', 'delivered', 'cancelled'] as const;
export type Status = (typeof statuses)[number];

export interface Line {
  readonly sku: string;
  readonly quantity: number;
  readonly unit_price: number;
}

export interface Order {
  readonly id: string;
  readonly status: Status;
  readonly reference: string | null;
  readonly currency: string;
  readonly lines: readonly Line[];
  readonly total: number;
  readonly created_at: string;
  readonly updated_at: string;
}

export interface OrderStore {
  insert(tenant: string, order: Order): void;
  get(tenant: string, id: string): Order | undefined;
  /** Newest first, from behind `before` (an id); ids sort by time. */
  list(tenant: string, filter: { status: Status | undefined; before: string | undefined; limit: number }): Order[];
  /** Moves an order from one of the states to another; false where it is not, or no longer, in one of them. */
  move(tenant: string, id: string, from: readonly Status[], to: Status, at: string): boolean;
  close(): void;
}

const schema = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  pragma busy_timeout = 5000;
  create table if not exists orders (
    tenant text not null,
    id text not null,
    status text not null,
    reference text,
    currency text not null,
    lines text not null,
    total integer not null,
    created_at text not null,
    updated_at text not null,
    primary key (tenant, id)
  ) strict, without rowid;
  create index if not exists orders_by_status on orders (tenant, status, id);
`;

/** Opens the file in `folder`. A write is on disk before its call is answered, so a killed process loses no answered write. */
export function openOrderStore(folder: string): OrderStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(join(folder, 'orders.db'));
  database.exec(schema);
  const insert = database.prepare('insert into orders values (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const get = database.prepare('select * from orders where tenant = ? and id = ?');
  const list = database.prepare('select * from orders where tenant = ? and id < ? order by id desc limit ?');
  const listByStatus = database.prepare(
    'select * from orders where tenant = ? and id < ? and status = ? order by id desc limit ?',
  );
  const move = database.prepare(
    'update orders set status = ?, updated_at = ? where tenant = ? and id = ? and status in (select value from json_each(?))',
  );
  return {
    insert(tenant, { id, status, reference, currency, lines, total, created_at, updated_at }) {
      insert.run(tenant, id, status, reference, currency, JSON.stringify(lines), total, created_at, updated_at);
    },
    get(tenant, id) {
      const row = get.get(tenant, id);
      return row === undefined ? undefined : fromRow(row);
    },
    list(tenant, { status, before = '~', limit }) {
      const rows =
        status === undefined ? list.all(tenant, before, limit) : listByStatus.all(tenant, before, status, limit);
      return rows.map(fromRow);
    },
    move: (tenant, id, from, to, at) => move.run(to, at, tenant, id, JSON.stringify(from)).changes === 1,
    close: () => database.close(),
  };
}

function fromRow(row: Record<string, unknown>): Order {
  const { id, status, reference, currency, lines, total, created_at, updated_at } = row as unknown as Omit<
    Order,
    'lines'
  > & { lines: string };
  return { id, status, reference, currency, lines: JSON.parse(lines) as Line[], total, created_at, updated_at };
}
