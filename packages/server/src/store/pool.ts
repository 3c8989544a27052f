/** The connections to PostgreSQL. Only files of `store/` hold one; others get a transaction (`tenant.ts`, `system.ts`). */
import postgres from 'postgres';

export type Pool = postgres.Sql<{ bigint: number }>;
/** A tagged template that runs on one transaction's connection; its values are parameters, never text. */
export type Sql = postgres.ReservedSql<{ bigint: number }>;

export interface PoolOptions {
  readonly url: string;
  readonly connectionsMax: number;
}

/** Opens a pool; connects on first use. Numbers beyond 2^53 in a bigint column are refused, not rounded. */
export function openPool({ url, connectionsMax }: PoolOptions): Pool {
  return postgres(url, {
    max: connectionsMax,
    idle_timeout: 60,
    connect_timeout: 10,
    onnotice: () => undefined,
    types: {
      bigint: {
        to: 20,
        from: [20],
        serialize: (value: number) => String(value),
        parse: (text: string) => {
          const value = Number(text);
          if (!Number.isSafeInteger(value)) throw new RangeError(`bigint out of range: ${text}`);
          return value;
        },
      },
    },
  });
}
