/**
 * The two ways into PostgreSQL: a transaction of one tenant, in which row-level security lets nothing else be seen,
 * and a transaction of the platform, for what belongs to no tenant. Query functions take one of the two types.
 */
import { assert } from '../kernel/assert.ts';
import type { Clock } from '../kernel/clock.ts';
import { TenantScope } from '../tenancy/scope.ts';
import { openListener } from './listener.ts';
import type { Sql } from './pool.ts';
import { lanesWith, type Lane, type TimeoutSettings } from './lanes.ts';
import { openSessions, type Sessions } from './sessions.ts';

/** One tenant's transaction. A query function that takes it can only reach this tenant's rows. */
export interface TenantTx {
  readonly sql: Sql;
  readonly scope: TenantScope;
  /** For `where tenant_id = ${tx.tenantUuid}`: the predicate also routes the query on a sharded cluster. */
  readonly tenantUuid: string;
  /** Runs the task when all work of the transaction has ended well, right before its commit. */
  readonly beforeCommit: BeforeCommit;
  readonly [tenantTx]: true;
}

/** The platform's transaction: sees all tenants. `reason` is for the reader of the code; each use is reviewed. */
export interface SystemTx {
  readonly sql: Sql;
  /** Runs the task when all work of the transaction has ended well, right before its commit. */
  readonly beforeCommit: BeforeCommit;
  readonly [systemTx]: true;
}

/** For what must be last because it takes a lock that every writer waits for. Tasks run in the order given. */
type BeforeCommit = (task: () => Promise<void>) => void;

declare const tenantTx: unique symbol;
declare const systemTx: unique symbol;

export interface Store {
  tenant<T>(scope: TenantScope, work: (tx: TenantTx) => Promise<T>): Promise<T>;
  system<T>(reason: string, work: (tx: SystemTx) => Promise<T>): Promise<T>;
  /** Calls `wake` when something was announced on the channel, and after every reconnect. A hint only: poll as well. */
  listen(channel: string, wake: () => void): Promise<() => Promise<void>>;
  /** The same database over the connections of a lane. */
  lane(lane: Lane): Store;
  /** The same lane, in which work of this kind takes a part of the connections at most. */
  share(kind: string): Store;
  close(): Promise<void>;
}

export interface StoreOptions {
  readonly url: string;
  /** Connections of the general lane; the others have their own. */
  readonly connectionsMax: number;
  /** Absent: what `lanesWith` says. */
  readonly timeouts?: TimeoutSettings;
}

/** Opens the store on a migrated database; connects on first use. If PostgreSQL cannot be reached, a transaction fails immediately. */
export function openStore({ url, connectionsMax, timeouts = {} }: StoreOptions, clock: Clock): Store {
  const listener = openListener(url, clock);
  const shapes = lanesWith(timeouts);
  const lanes = new Map<Lane, Sessions>();
  const sessionsOf = (lane: Lane): Sessions => {
    const known = lanes.get(lane);
    if (known !== undefined) return known;
    const shape = shapes[lane];
    const options = { url, connectionsMax: shape.connectionsMax ?? connectionsMax, timeouts: shape.timeouts };
    const opened = openSessions(options, clock);
    lanes.set(lane, opened);
    return opened;
  };
  const close = async (): Promise<void> => {
    await listener.close();
    await Promise.all([...lanes.values()].map((sessions) => sessions.close()));
  };
  const views = new Map<string, Store>();
  const view = (lane: Lane, kind: string | undefined): Store => {
    const name = `${lane} ${kind ?? ''}`;
    const known = views.get(name);
    if (known !== undefined) return known;
    const transactions = transactionsOn(sessionsOf(lane), kind);
    const made: Store = {
      ...transactions,
      listen: (channel, wake) => listener.listen(channel, wake),
      lane: (other) => view(other, undefined),
      share: (other) => view(lane, other),
      close,
    };
    views.set(name, made);
    return made;
  };
  return view('general', undefined);
}

function transactionsOn(sessions: Sessions, share: string | undefined): Pick<Store, 'tenant' | 'system'> {
  return {
    // `async`, so that a mistake of the caller is a rejection like any other error.
    async tenant(scope, work) {
      assert(TenantScope.isScope(scope), 'store.tenant takes a scope that a door has made');
      const begin = `begin; ${enter(scope.tenantUuid)}`;
      return sessions.transaction(
        begin,
        (sql) =>
          withLast((beforeCommit) => work({ sql, scope, tenantUuid: scope.tenantUuid, beforeCommit } as TenantTx)),
        share,
      );
    },
    async system(reason, work) {
      assert(reason !== '', 'store.system takes a reason');
      return sessions.transaction(
        'begin; set local role tulou_system',
        (sql) => withLast((beforeCommit) => work({ sql, beforeCommit } as SystemTx)),
        share,
      );
    },
  };
}

/** Runs the work, then the tasks that it has left for the end. */
async function withLast<T>(work: (beforeCommit: BeforeCommit) => Promise<T>): Promise<T> {
  const last: (() => Promise<void>)[] = [];
  const result = await work((task) => last.push(task));
  for (const task of last) await task();
  return result;
}

/**
 * A part of a tenant's transaction that must reach a second tenant's rows, in the same commit. `reason` is for the reader
 * of the code; each use is reviewed. Nothing else of the transaction may run at the same time: it would run as the platform.
 */
export async function crossTenants<T>(
  tx: TenantTx,
  reason: string,
  work: (crossing: SystemTx) => Promise<T>,
): Promise<T> {
  assert(reason !== '', 'crossTenants takes a reason');
  const { sql, beforeCommit } = tx;
  return within(tx, 'set local role tulou_system', () => work({ sql, beforeCommit } as SystemTx));
}

/**
 * A part of a transaction in which row-level security shows the rows of this scope only, in the same commit. Queries that
 * run at the same time must have been sent (`execute()`) when `work` returns, as they run in the scope set last before them.
 */
export async function withinTenant<T>(
  tx: TenantTx | SystemTx,
  scope: TenantScope,
  work: (own: TenantTx) => Promise<T>,
): Promise<T> {
  assert(TenantScope.isScope(scope), 'withinTenant takes a scope that a door has made');
  const { sql, beforeCommit } = tx;
  const { tenantUuid } = scope;
  return within(tx, enter(tenantUuid), () => work({ sql, scope, tenantUuid, beforeCommit } as TenantTx));
}

// A literal, not set_config(): Citus passes only SET LOCAL on to its workers. The scope has validated the UUID.
const enter = (tenantUuid: string): string => `set local role tulou_tenant; set local app.tenant = '${tenantUuid}'`;

/** Neither statement is waited for: each shares a round trip with the query after it. */
async function within<T>({ sql, ...tx }: TenantTx | SystemTx, entering: string, work: () => Promise<T>): Promise<T> {
  const entered = sql.unsafe(entering).execute();
  try {
    const [result] = await Promise.all([work(), entered]);
    return result;
  } finally {
    const back = 'scope' in tx ? enter(tx.tenantUuid) : 'set local role tulou_system';
    // Where the transaction has failed, this does too, and it can only be rolled back.
    sql
      .unsafe(back)
      .execute()
      .catch(() => undefined);
  }
}
