import { must } from '../../kernel/assert.ts';
import type { TenantTx } from '../../store/store.ts';
import { keyChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import type { KeyWish } from './issue.ts';
import type { KeyRow } from './key.ts';

/** Writes and publishes the name, the scopes and the expiry of a key of a locked app. */
export async function changeKey(
  tx: TenantTx,
  key: KeyRow,
  to: Pick<KeyWish, 'name' | 'scopes' | 'expiresAt'>,
  now: Date,
): Promise<KeyRow> {
  const [row] = await tx.sql<KeyRow[]>`
    update keys set name = ${to.name}, scopes = ${[...to.scopes]}::text[], expires_at = ${to.expiresAt}, updated_at = ${now}
    where tenant_id = ${tx.tenantUuid} and id = ${key.id} returning *`;
  const after = must(row, 'a key of a locked app is there');
  publish(tx, [keyChange(tx.scope, after)]);
  return after;
}
