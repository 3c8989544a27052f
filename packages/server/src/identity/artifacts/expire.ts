import type { Work } from '../../store/job.ts';
import { asPlatform } from '../system-wide.ts';

const rowsAtOnce = 5000;
/** Clocks of nodes differ, and a late request should get the answer “expired”, not “unknown”. */
const graceMs = 60_000;

/** Removes codes, tokens, sessions, grants and used proofs that the identity server would no longer accept. */
export const expireArtifacts: Work = ({ store, clock }, mark) =>
  asPlatform(store, 'expiry', async ({ sql }) => {
    const before = new Date(clock.now() - graceMs);
    const { count } = await sql`
      delete from identity_artifacts a
      using (
        select tenant_id, kind, id_hash from identity_artifacts where expires_at <= ${before}
        order by expires_at limit ${rowsAtOnce}
      ) old
      where a.tenant_id = old.tenant_id and a.kind = old.kind and a.id_hash = old.id_hash`;
    return { mark, more: count === rowsAtOnce };
  });
