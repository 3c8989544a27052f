/**
 * Puts what changed into the snapshot that gateways follow, in the transaction of the change itself: either both are
 * there or neither.
 *
 * `seq` is the number of the commit. It is drawn from the one row of `snapshot_head` as the last thing before the commit:
 * the row's lock is held from drawing to commit, so numbers become visible in the order in which they were drawn, and a
 * reader that has seen n will never find anything at or below n later. (A sequence would not do: 8 could be visible while
 * 7 is not yet committed, and a reader that went on from 8 would miss 7 for ever.) Being last, the lock is held for one
 * statement, and no one who holds it waits for another's row, so it can't deadlock.
 *
 * A tenant's transaction writes here as the tenant: the policy of `snapshot_objects` refuses an object of another one.
 */
import { Problem, idFromUuid, limits, snapshotObject, uuidFromId, type SnapshotObject } from '@tulou/contract';
import { must } from '../kernel/assert.ts';
import type { Sql } from '../store/pool.ts';
import type { SystemTx, TenantTx } from '../store/store.ts';

/** The channel on which gateways' feeds are woken; it carries nothing and is a hint only. */
export const snapshotChannel = 'tulou_snapshot';

/** The gateway's loader takes up to `limits.snapshotObjectBytesMax`; what is stored stays well below it. */
const objectBytesMax = Math.floor(limits.snapshotObjectBytesMax * 0.8);

/** An object that is there from now on, or (`object: null`) one that no longer is. `tenant` is its tenant's UUID. */
export interface Change {
  readonly kind: SnapshotObject['kind'];
  readonly key: string;
  readonly tenant: string;
  readonly object: SnapshotObject | null;
}

interface Pending {
  readonly changes: Map<string, Change>;
  crossing: boolean;
}

const pending = new WeakMap<Sql, Pending>();

/** Publishes with the commit of this transaction. If one object changes several times, the last change counts. */
export function publish(tx: TenantTx | SystemTx, changes: readonly Change[]): void {
  const waiting = pending.get(tx.sql) ?? begin(tx);
  if (!('tenantUuid' in tx)) waiting.crossing = true;
  for (const change of changes) waiting.changes.set(`${change.kind} ${change.key}`, bounded(change));
}

/**
 * The same for objects whose key was another tenant's before (the host name of an issuer), or which are the platform's
 * (denials). The policy of `snapshot_objects` would refuse both to a tenant's transaction.
 */
export function publishAcross(tx: TenantTx | SystemTx, changes: readonly Change[]): void {
  publish(tx, changes);
  const waiting = pending.get(tx.sql);
  if (waiting !== undefined) waiting.crossing = true;
}

function begin(tx: TenantTx | SystemTx): Pending {
  const started: Pending = { changes: new Map(), crossing: false };
  pending.set(tx.sql, started);
  tx.beforeCommit(() => write(tx.sql, started));
  return started;
}

/** An object that is to be in the snapshot. */
export function present(object: SnapshotObject): Change {
  const owner = object.kind === 'tenant' ? object.key : object.tenant;
  const tenant = must(uuidFromId('tenant', owner), 'a snapshot object names its tenant');
  return { kind: object.kind, key: object.key, tenant, object };
}

/** An object that is to leave the snapshot. */
export function gone(kind: SnapshotObject['kind'], key: string, tenantUuid: string): Change {
  return { kind, key, tenant: tenantUuid, object: null };
}

function bounded(change: Change): Change {
  if (change.object === null) return change;
  const parsed = snapshotObject.safeParse(change.object);
  if (!parsed.success) {
    throw new Problem('invalid_request', {
      detail: `The gateways would not take this ${change.kind}.`,
      violations: parsed.error.issues.map(({ path, message }) => ({ pointer: `/${path.join('/')}`, message })),
    });
  }
  const bytes = Buffer.byteLength(JSON.stringify(parsed.data));
  if (bytes > objectBytesMax) {
    const detail = `The gateways take a ${change.kind} of at most ${objectBytesMax} bytes; this one has ${bytes}. Its operations have too long names or paths, or there are too many.`;
    throw new Problem('invalid_request', { detail });
  }
  return { ...change, object: parsed.data };
}

async function write(sql: Sql, { changes, crossing }: Pending): Promise<void> {
  pending.delete(sql);
  if (crossing) await sql.unsafe('set local role tulou_system');
  const written = sql`
    with head as (update snapshot_head set seq = seq + 1 returning seq)
    insert into snapshot_objects (kind, key, tenant, seq, object)
    select c.kind, c.key, c.tenant, head.seq, c.object
    from head, jsonb_to_recordset(${JSON.stringify([...changes.values()])}::text::jsonb)
      as c (kind text, key text, tenant uuid, object jsonb)
    on conflict (kind, key) do update set tenant = excluded.tenant, seq = excluded.seq, object = excluded.object`;
  await Promise.all([written, sql`select pg_notify(${snapshotChannel}, '')`]);
}

/** Publishes a tenant itself: whether its calls and the calls on its APIs are served. */
export function publishTenant(
  tx: TenantTx | SystemTx,
  tenant: { readonly tenantUuid: string; readonly slug: string; readonly active: boolean },
): void {
  const key = idFromUuid('tenant', tenant.tenantUuid);
  publish(tx, [present({ kind: 'tenant', key, slug: tenant.slug, state: tenant.active ? 'active' : 'suspended' })]);
}
