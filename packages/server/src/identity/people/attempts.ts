/**
 * Slows guessing down: by account for any address, and by address for any account. An attempt counts before it is judged, so
 * that many concurrent attempts get no further than sequential ones. The count of a successful attempt is undone.
 */
import { networkOf } from '../../http/network.ts';
import { sha256 } from '../../kernel/hash.ts';
import type { SystemTx } from '../../store/store.ts';
import type { IssuerRef } from '../keys/keys.ts';
import { emailOf } from './users.ts';

/** How often one may be wrong before each further time costs a wait, which doubles. */
const freeOfAccount = 5;
const freeOfAddress = 50;
const waitSecondsMax = 300;
/** After as long without an attempt, all is forgotten. */
const forgetMs = 60 * 60_000;

export interface Attempt {
  readonly account: string;
  readonly address: string;
  readonly now: Date;
}

/** Neither names an address in the table; unknown accounts are counted as known ones are. */
export function attemptOf({ tenantUuid }: IssuerRef, email: string, address: string, now: Date): Attempt {
  return {
    account: `account:${sha256(`${tenantUuid} ${emailOf(email)}`)}`,
    address: `address:${networkOf(address)}`,
    now,
  };
}

/** A second factor is tried on a person, not on an address that anybody may type. */
export function factorAttemptOf({ tenantUuid }: IssuerRef, userId: string, address: string, now: Date): Attempt {
  return { account: `factor:${sha256(`${tenantUuid} ${userId}`)}`, address: `address:${networkOf(address)}`, now };
}

/** Mail that anybody can ask for is counted apart: it must not keep a person from signing in. */
export function mailAttemptOf({ tenantUuid }: IssuerRef, email: string, address: string, now: Date): Attempt {
  return { account: `mail:${sha256(`${tenantUuid} ${emailOf(email)}`)}`, address: `mails:${networkOf(address)}`, now };
}

/** Codes that devices show are short, and anybody may type one in: they are counted by who types. */
export function deviceAttemptOf({ tenantUuid }: IssuerRef, address: string, now: Date): Attempt {
  const network = networkOf(address);
  return { account: `device:${sha256(`${tenantUuid} ${network}`)}`, address: `address:${network}`, now };
}

/** Milliseconds until the next attempt is heard; 0: this one is, and counts. */
export async function admitAttempt(tx: SystemTx, { account, address, now }: Attempt): Promise<number> {
  const addressWaitMs = await count(tx, address, freeOfAddress, now);
  return addressWaitMs > 0 ? addressWaitMs : count(tx, account, freeOfAccount, now);
}

/** Not blocked. The clock of a node that is a little behind must not take it for a wait. */
const longAgo = new Date(0);

async function count({ sql }: SystemTx, subject: string, free: number, now: Date): Promise<number> {
  const forgotten = new Date(now.getTime() - forgetMs);
  const [heard] = await sql`
    insert into sign_in_attempts as a (subject, failures, blocked_until, updated_at)
    values (${subject}, 1, ${longAgo}, ${now})
    on conflict (subject) do update set
      failures = case when a.updated_at < ${forgotten} then 1 else a.failures + 1 end,
      blocked_until = case when a.updated_at < ${forgotten} or a.failures + 1 < ${free} then ${longAgo}::timestamptz
        else ${now}::timestamptz + least(${waitSecondsMax}::float8, 2 ^ least(a.failures + 1 - ${free}, 20)) * interval '1 second' end,
      updated_at = ${now}
    where a.blocked_until <= ${now}
    returning subject`;
  if (heard !== undefined) return 0;
  const [row] = await sql<{ until: Date }[]>`
    select blocked_until as until from sign_in_attempts where subject = ${subject}`;
  return Math.max(1, (row?.until.getTime() ?? 0) - now.getTime());
}

/** It was the right password: the account is free again, and the address has one attempt less. */
export async function forgiveAttempt({ sql }: SystemTx, { account, address }: Attempt): Promise<void> {
  // In the order in which they were counted, so that those who come at once wait for each other instead of deadlocking.
  await sql`
    update sign_in_attempts set failures = greatest(failures - 1, 0), blocked_until = ${longAgo} where subject = ${address}`;
  await sql`delete from sign_in_attempts where subject = ${account}`;
}
