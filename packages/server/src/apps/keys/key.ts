/** Rows of keys. A row holds only the hash of the key. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { keys } from '@tulou/contract/operations/keys';
import type { TenantTx } from '../../store/store.ts';
import type { AppRow } from '../app.ts';
import type { KeyFacts } from '../../snapshot/compile.ts';

export interface KeyRow extends KeyFacts {
  readonly id: Id<'key'>;
  readonly name: string | null;
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The key of an app that an id names. Throws `not_found`. */
export async function findKey(tx: TenantTx, app: AppRow, id: string): Promise<KeyRow> {
  const [row] = await tx.sql<KeyRow[]>`
    select * from keys where tenant_id = ${tx.tenantUuid} and app_id = ${app.id} and id = ${id}`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** A key as its readers see it. */
export function viewKey(app: AppRow, row: KeyRow): Output<typeof keys.get> {
  return {
    id: row.id,
    app: app.slug,
    environment: row.environment,
    kind: row.kind,
    name: row.name,
    scopes: [...row.scopes],
    credential_id: row.credential_id,
    public_key: row.public_key,
    expires_at: row.expires_at?.toISOString() ?? null,
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
