/** Issues keys. */
import { formatCredential, limits, parseCredential } from '@tulou/contract';
import { must } from '../../kernel/assert.ts';
import type { Clock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/hash.ts';
import { newId, type Random } from '../../kernel/random.ts';
import type { TenantTx } from '../../store/store.ts';
import type { AppRow } from '../apps/app.ts';
import { holdQuota } from '../quota.ts';
import { keyChange } from '../snapshot/compile.ts';
import { publish } from '../snapshot/publish.ts';
import type { KeyRow } from './key.ts';

export interface KeyWish {
  readonly environment: 'test' | 'live';
  readonly name: string | null;
  readonly expiresAt: Date | null;
}

/** Stores a new key of a locked app and publishes its hash. `text` is the key: the only place where it ever is. */
export async function issueKey(
  tx: TenantTx,
  app: AppRow,
  wish: KeyWish,
  deps: { readonly clock: Clock; readonly random: Random },
): Promise<{ readonly row: KeyRow; readonly text: string }> {
  const counted = tx.sql`select 1 from keys where tenant_id = ${tx.tenantUuid} and app_id = ${app.id}`;
  const held = holdQuota(tx, counted, limits.keysPerAppMax, 'keys of this app');
  const text = formatCredential(wish.environment, tx.tenantUuid, deps.random.bytes(8), deps.random.bytes(32));
  const credential = must(parseCredential(text), 'a formatted credential can be parsed');
  const now = new Date(deps.clock.now());
  const inserting = tx.sql<KeyRow[]>`
    insert into keys (tenant_id, id, app_id, environment, name, credential_id, secret_hash, expires_at, created_at,
                      updated_at)
    values (${tx.tenantUuid}, ${newId('key', deps.clock, deps.random)}, ${app.id}, ${wish.environment}, ${wish.name},
            ${credential.id}, ${sha256(credential.secret)}, ${wish.expiresAt}, ${now}, ${now})
    returning *`;
  const [, [inserted]] = await Promise.all([held, inserting]);
  const row = must(inserted, 'an insert returns its row');
  publish(tx, [keyChange(tx.scope, row)]);
  return { row, text };
}
