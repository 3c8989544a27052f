/**
 * A write that is sent twice happens once. The row of an Idempotency-Key is written in the same transaction as the
 * effect: a second sender waits on its unique key until the first has ended, and then gets the kept answer. The answer is
 * sealed with a key derived from the caller's own secret, which the database never has: a secret shown once stays so.
 */
import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { limits, Problem } from '@tulou/contract';
import { must } from '../kernel/assert.ts';
import { sha256 } from '../kernel/hash.ts';
import type { Random } from '../kernel/random.ts';
import type { SystemTx, TenantTx } from '../store/store.ts';

export interface IdempotencyClaim {
  readonly tenantUuid: string;
  readonly principal: string;
  readonly keyHash: string;
  readonly fingerprint: string;
  readonly sealingKey: Uint8Array;
}

/** The stored part of an answer. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** The claim of a call, or undefined where it has no Idempotency-Key. Throws `invalid_request` for one that is none. */
export function claimOf(call: {
  readonly header: string | undefined;
  /** A secret of the caller that is in no table. */
  readonly secret: string;
  readonly tenantUuid: string;
  readonly principal: string;
  /** The values that must be the same the second time: operation, path, query and body. */
  readonly fingerprint: readonly unknown[];
}): IdempotencyClaim | undefined {
  const { header, secret, tenantUuid, principal } = call;
  if (header === undefined) return undefined;
  if (header === '' || header.length > limits.idempotencyKeyCharactersMax || !/^[\x21-\x7e]+$/.test(header)) {
    const message = `1 to ${limits.idempotencyKeyCharactersMax} visible ASCII characters`;
    throw new Problem('invalid_request', { violations: [{ pointer: 'Idempotency-Key', message }] });
  }
  return {
    tenantUuid,
    principal,
    keyHash: sha256(header),
    fingerprint: sha256(JSON.stringify(call.fingerprint)),
    sealingKey: new Uint8Array(hkdfSync('sha256', secret, header, 'tulou idempotency', 32)),
  };
}

/** The answer kept for this claim, if any. Throws `idempotency_mismatch` where the key was used for another request. */
export async function findKept(
  tx: TenantTx | SystemTx,
  claim: IdempotencyClaim,
  now: Date,
): Promise<KeptAnswer | undefined> {
  const [row] = await tx.sql<{ fingerprint: string; secret_answer: Uint8Array }[]>`
    select fingerprint, secret_answer from idempotency
    where tenant_id = ${claim.tenantUuid} and principal = ${claim.principal} and key_hash = ${claim.keyHash}
      and expires_at > ${now}`;
  if (row === undefined) return undefined;
  if (row.fingerprint !== claim.fingerprint) throw new Problem('idempotency_mismatch');
  return unseal(claim.sealingKey, row.secret_answer);
}

/**
 * Takes the claim in this transaction; false where another has been kept meanwhile. Waits for one that is running, which
 * is what makes of two senders at once one that runs and one that gets its answer.
 */
export async function takeClaim(tx: TenantTx | SystemTx, claim: IdempotencyClaim, now: Date): Promise<boolean> {
  const expiresAt = new Date(now.getTime() + limits.idempotencyHours * 3_600_000);
  const { count } = await tx.sql`
    insert into idempotency as i (tenant_id, principal, key_hash, fingerprint, expires_at)
    values (${claim.tenantUuid}, ${claim.principal}, ${claim.keyHash}, ${claim.fingerprint}, ${expiresAt})
    on conflict (tenant_id, principal, key_hash) do update
      set fingerprint = excluded.fingerprint, secret_answer = null, expires_at = excluded.expires_at
      where i.expires_at <= ${now}`;
  return count === 1;
}

/** Keeps the answer of a claim that this transaction has taken. */
export async function keepAnswer(
  tx: TenantTx | SystemTx,
  claim: IdempotencyClaim,
  answer: KeptAnswer,
  random: Random,
): Promise<void> {
  await tx.sql`
    update idempotency set secret_answer = ${seal(claim.sealingKey, answer, random)}
    where tenant_id = ${claim.tenantUuid} and principal = ${claim.principal} and key_hash = ${claim.keyHash}`;
}

const nonceBytes = 12;
const tagBytes = 16;

function seal(key: Uint8Array, answer: KeptAnswer, random: Random): Buffer {
  const nonce = random.bytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  const text = Buffer.concat([cipher.update(JSON.stringify(answer), 'utf8'), cipher.final()]);
  return Buffer.concat([nonce, cipher.getAuthTag(), text]);
}

function unseal(key: Uint8Array, sealed: Uint8Array | null): KeptAnswer {
  const bytes = must(sealed, 'a claim that is visible has an answer: both are one transaction');
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes));
  decipher.setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
  const text = Buffer.concat([decipher.update(bytes.subarray(nonceBytes + tagBytes)), decipher.final()]);
  return JSON.parse(text.toString('utf8')) as KeptAnswer;
}
