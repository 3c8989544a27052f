/** Facts that the database records about its installation. */
import type { SystemTx } from './store.ts';

/** Something that is sealed with the master key, and what it was sealed as (identity/keys/rows.ts). */
export interface SealedSample {
  readonly context: string;
  readonly sealed: Uint8Array;
}

/** The check value of the master key (kernel/key-check.ts); undefined where none was recorded. */
export async function readKeyCheck({ sql }: SystemTx): Promise<string | undefined> {
  const [row] = await sql<{ check: string }[]>`select master_key_check as check from installation`;
  return row?.check;
}

/** Records the value if none is recorded; returns the recorded one. */
export async function recordKeyCheck({ sql }: SystemTx, check: string, now: Date): Promise<string> {
  await sql`insert into installation (master_key_check, created_at) values (${check}, ${now}) on conflict do nothing`;
  const [row] = await sql<[{ check: string }]>`select master_key_check as check from installation`;
  return row.check;
}

/** For a database from before there was a check value: a signing key, if it has one. */
export async function findSealed({ sql }: SystemTx): Promise<SealedSample | undefined> {
  const [row] = await sql<SealedSample[]>`
    select 'signing key ' || tenant_id || ' ' || kid as context, secret_jwk as sealed
    from signing_keys where state <> 'removed' order by tenant_id, kid limit 1`;
  return row;
}
