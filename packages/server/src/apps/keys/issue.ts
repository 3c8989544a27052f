/** Issues keys. */
import {
  credentialId,
  credentialWith,
  limits,
  parseCredential,
  Problem,
  type Environment,
  type KeyKind,
} from '@tulou/contract';
import { must } from '../../kernel/assert.ts';
import type { Clock } from '../../kernel/clock.ts';
import { signingSecret } from '../../kernel/fleet-key.ts';
import { sha256 } from '../../kernel/hash.ts';
import { newId, type Random } from '../../kernel/random.ts';
import type { TenantTx } from '../../store/store.ts';
import type { AppRow } from '../app.ts';
import { holdQuota } from '../../operations/quota.ts';
import { keyChange } from '../../snapshot/compile.ts';
import { publish } from '../../snapshot/publish.ts';
import type { KeyRow } from './key.ts';

export interface KeyWish {
  readonly environment: Environment;
  readonly kind: KeyKind;
  /** Only for an Ed25519 key. */
  readonly publicKey: string | null;
  readonly name: string | null;
  /** The caller has checked that the app declares them. */
  readonly scopes: readonly string[];
  readonly expiresAt: Date | null;
}

export interface IssueDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly fleetKey: Uint8Array;
}

/**
 * Stores a new key of a locked app and publishes its hash, or its public key. `text` is the key, which exists nowhere else.
 * It is null if the holder has made the key.
 */
export async function issueKey(
  tx: TenantTx,
  app: AppRow,
  wish: KeyWish,
  deps: IssueDeps,
): Promise<{ readonly row: KeyRow; readonly text: string | null }> {
  if ((wish.kind === 'ed25519') !== (wish.publicKey !== null)) {
    const message = 'an `ed25519` key needs it; other kinds must not have it';
    throw new Problem('invalid_request', { violations: [{ pointer: '/public_key', message }] });
  }
  const counted = tx.sql`select 1 from keys where tenant_id = ${tx.tenantUuid} and app_id = ${app.id}`;
  const held = holdQuota(tx, counted, limits.keysPerAppMax, 'keys of this app');
  const id = credentialId(tx.tenantUuid, deps.random.bytes(8));
  const text = textOf(wish, id, deps);
  const secret = text === null ? undefined : must(parseCredential(text), 'a formatted credential can be parsed').secret;
  const now = new Date(deps.clock.now());
  const inserting = tx.sql<KeyRow[]>`
    insert into keys (tenant_id, id, app_id, environment, kind, name, scopes, credential_id, secret_hash, public_key,
                      expires_at, created_at, updated_at)
    values (${tx.tenantUuid}, ${newId('key', deps.clock, deps.random)}, ${app.id}, ${wish.environment}, ${wish.kind},
            ${wish.name}, ${[...wish.scopes]}::text[], ${id}, ${secret === undefined ? null : sha256(secret)},
            ${wish.publicKey}, ${wish.expiresAt}, ${now}, ${now})
    returning *`;
  const [, [inserted]] = await Promise.all([held, inserting]);
  const row = must(inserted, 'an insert returns its row');
  publish(tx, [keyChange(tx.scope, row)]);
  return { row, text };
}

function textOf({ kind, environment }: KeyWish, id: string, { random, fleetKey }: IssueDeps): string | null {
  if (kind === 'ed25519') return null;
  return credentialWith(environment, id, kind === 'bearer' ? random.bytes(32) : signingSecret(fleetKey, id));
}
