import type { Work } from '../../store/job.ts';
import { asPlatform } from '../system-wide.ts';

const rowsAtOnce = 5000;
/** Longer than any link in a mail is good for. */
const keptDays = 14;

/** Removes mails, sent or not, whose links are no longer valid, and such links. */
export const expireMails: Work = ({ store, clock }, mark) =>
  asPlatform(store, 'expiry', async ({ sql }) => {
    const now = clock.now();
    const { count } = await sql`
      delete from mails where id in (
        select id from mails where created_at < ${new Date(now - keptDays * 86_400_000)} limit ${rowsAtOnce})`;
    const { count: proofs } = await sql`
      delete from address_proofs p using (
        select tenant_id, id from address_proofs where expires_at < ${new Date(now)} limit ${rowsAtOnce}) old
      where p.tenant_id = old.tenant_id and p.id = old.id`;
    return { mark, more: count === rowsAtOnce || proofs === rowsAtOnce };
  });
