/**
 * `/account/outbox`: the mails that Tulou would send, for the operator of a machine of one's own. Only from this machine, and
 * only with the operator token, which no cookie keeps.
 */
import { isIPv4 } from 'node:net';
import { parseCredential } from '@tulou/contract/credentials';
import { equalHashes, sha256 } from '../../kernel/hash.ts';
import type { Store, SystemTx } from '../../store/store.ts';
import { outboxPage, tokenPage, type Mail } from '../web/views.ts';
import { readForm, refuseForm, sendMissing, sendPage, type Visit } from '../web/visit.ts';
import { asPlatform } from '../system-wide.ts';

export const outboxPath = '/account/outbox';
const mailsMax = 50;

export async function outbox(visit: Visit, { store }: { readonly store: Store }): Promise<void> {
  const { message, address, told } = visit;
  if (!isLoopback(address)) return sendMissing(visit);
  if (message.method !== 'POST') return sendPage(visit, 200, tokenPage(visit));
  const form = await readForm(visit);
  if (form === undefined) return refuseForm(visit);
  const token = (form.get('token') ?? '').trim();
  const mails = await asPlatform(store, 'mail', async (tx) =>
    (await isOperator(tx, token)) ? readMails(tx) : undefined,
  );
  if (mails === undefined) return sendPage(visit, 422, tokenPage({ ...visit, wrong: { token: told.outbox.wrong } }));
  sendPage(visit, 200, outboxPage(told, mails, visit.issuer.issuer));
}

const isLoopback = (address: string): boolean => address === '::1' || (isIPv4(address) && address.startsWith('127.'));

async function isOperator({ sql }: SystemTx, token: string): Promise<boolean> {
  const credential = parseCredential(token);
  if (credential?.kind !== 'operator') return false;
  const [row] = await sql<{ hash: string }[]>`
    select secret_hash as hash from platform_tokens
    where id = ${credential.id} and kind = 'operator' and revoked_at is null
      and (expires_at is null or expires_at > now())`;
  return row !== undefined && equalHashes(row.hash, sha256(credential.secret));
}

function readMails({ sql }: SystemTx): Promise<readonly Mail[]> {
  return sql<Mail[]>`
    select recipient, subject, secret_body as body, created_at as at from mails where sent_at is null
    order by created_at desc limit ${mailsMax}`;
}
