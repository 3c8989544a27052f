/**
 * The two ways into PostgreSQL: a transaction of one tenant, in which row-level security lets nothing else be seen,
 * and a transaction of the platform, for what belongs to no tenant. Query functions take one of the two types.
 */
import { assert } from '../kernel/assert.ts';
import { TenantScope } from '../tenancy/scope.ts';
import type { Pool, Sql } from './pool.ts';

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
  close(): Promise<void>;
}

export function openStore(pool: Pool): Store {
  return {
    tenant(scope, work) {
      assert(TenantScope.isScope(scope), 'store.tenant takes a scope that a door has made');
      // A literal, not set_config(): Citus passes only SET LOCAL on to its workers. The scope has validated the UUID.
      const begin = `begin; set local role tulou_tenant; set local app.tenant = '${scope.tenantUuid}'`;
      return transaction(pool, begin, (sql, beforeCommit) =>
        work({ sql, scope, tenantUuid: scope.tenantUuid, beforeCommit } as TenantTx),
      );
    },
    system(reason, work) {
      assert(reason !== '', 'store.system takes a reason');
      return transaction(pool, 'begin; set local role tulou_system', (sql, beforeCommit) =>
        work({ sql, beforeCommit } as SystemTx),
      );
    },
    async listen(channel, wake) {
      const { unlisten } = await pool.listen(channel, wake, wake);
      return unlisten;
    },
    close: () => pool.end({ timeout: 5 }),
  };
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
  await tx.sql.unsafe('set local role tulou_system');
  try {
    return await work({ sql: tx.sql, beforeCommit: tx.beforeCommit } as SystemTx);
  } finally {
    // Where the transaction has failed, this does too, and it can only be rolled back.
    await tx.sql.unsafe('set local role tulou_tenant').catch(() => undefined);
  }
}

/** `begin` is sent without waiting for its answer, so that it shares a round trip with the first query. */
async function transaction<T>(
  pool: Pool,
  begin: string,
  work: (sql: Sql, beforeCommit: BeforeCommit) => Promise<T>,
): Promise<T> {
  const sql = await pool.reserve();
  const last: (() => Promise<void>)[] = [];
  try {
    const begun = sql.unsafe(begin).execute();
    try {
      const [result] = await Promise.all([work(sql, (task) => last.push(task)), begun]);
      for (const task of last) await task();
      const { command } = await sql.unsafe('commit');
      // PostgreSQL answers so, and without an error, where a query had failed and the work went on regardless.
      assert(command === 'COMMIT', 'a transaction in which a query failed must throw');
      return result;
    } catch (error) {
      await begun.catch(() => undefined);
      await sql.unsafe('rollback').catch(() => undefined);
      throw error;
    }
  } finally {
    sql.release();
  }
}
