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
  readonly [tenantTx]: true;
}

/** The platform's transaction: sees all tenants. `reason` is for the reader of the code; each use is reviewed. */
export interface SystemTx {
  readonly sql: Sql;
  readonly [systemTx]: true;
}

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
      return transaction(pool, begin, (sql) => work({ sql, scope, tenantUuid: scope.tenantUuid } as TenantTx));
    },
    system(reason, work) {
      assert(reason !== '', 'store.system takes a reason');
      return transaction(pool, 'begin; set local role tulou_system', (sql) => work({ sql } as SystemTx));
    },
    async listen(channel, wake) {
      const { unlisten } = await pool.listen(channel, wake, wake);
      return unlisten;
    },
    close: () => pool.end({ timeout: 5 }),
  };
}

/** `begin` is sent without waiting for its answer, so that it shares a round trip with the first query. */
async function transaction<T>(pool: Pool, begin: string, work: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = await pool.reserve();
  try {
    const begun = sql.unsafe(begin).execute();
    try {
      const [result] = await Promise.all([work(sql), begun]);
      await sql.unsafe('commit');
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
