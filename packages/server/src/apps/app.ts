/** Rows of apps. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { apps } from '@tulou/contract/operations/apps';
import type { TenantTx } from '../store/store.ts';
import type { AppFacts } from '../snapshot/compile.ts';

export interface AppRow extends AppFacts {
  readonly id: Id<'app'>;
  readonly name: string;
  readonly visibility: 'public' | 'private';
  readonly redirect_uris: readonly string[];
  readonly created_at: Date;
  readonly updated_at: Date;
}

/** The app that an id or slug names. Throws `not_found`. */
export async function findApp(tx: TenantTx, ref: string): Promise<AppRow> {
  const [row] = await tx.sql<AppRow[]>`
    select * from apps where tenant_id = ${tx.tenantUuid} and (id = ${ref} or slug = ${ref})`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** The same, locked until the end of the transaction. Writes of an app, its keys and its subscriptions thus run one after another. */
export async function lockApp(tx: TenantTx, ref: string): Promise<AppRow> {
  const [row] = await tx.sql<AppRow[]>`
    select * from apps where tenant_id = ${tx.tenantUuid} and (id = ${ref} or slug = ${ref}) for update`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** An app as its readers see it. */
export function viewApp(row: AppRow): Output<typeof apps.get> {
  return {
    id: row.id,
    slug: row.slug,
    name: row.name,
    state: row.state,
    visibility: row.visibility,
    redirect_uris: [...row.redirect_uris],
    scopes: [...row.scopes],
    optional_scopes: [...row.optional_scopes],
    created_at: row.created_at.toISOString(),
    updated_at: row.updated_at.toISOString(),
  };
}
