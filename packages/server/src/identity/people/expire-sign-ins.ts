import type { Work } from '../../store/job.ts';
import { asPlatform } from '../system-wide.ts';

const rowsAtOnce = 5000;
/** A recent sign-in may not have its session yet. */
const graceMs = 60 * 60_000;

/** Forgets from where people were signed in once the session is over: an address is no business of ours any longer. */
export const expireSignIns: Work = ({ store, clock }, mark) =>
  asPlatform(store, 'expiry', async ({ sql }) => {
    const now = clock.now();
    const { count } = await sql`
      delete from sign_ins s
      using (
        select o.tenant_id, o.uid_hash from sign_ins o
        where o.seen_at <= ${new Date(now - graceMs)} and not exists (
          select from identity_artifacts a
          where a.tenant_id = o.tenant_id and a.kind = 'Session' and a.uid_hash = o.uid_hash and a.expires_at > ${new Date(now)})
        order by o.seen_at limit ${rowsAtOnce}
      ) old
      where s.tenant_id = old.tenant_id and s.uid_hash = old.uid_hash`;
    return { mark, more: count === rowsAtOnce };
  });
