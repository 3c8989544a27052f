import type { Work } from '../store/job.ts';

const rowsAtOnce = 5000;

/** Removes answers whose Idempotency-Key is no longer honoured. */
export const expireIdempotency: Work = ({ store, clock }, mark) =>
  store.system('answers kept for Idempotency-Keys expire', async ({ sql }) => {
    const now = new Date(clock.now());
    const { count } = await sql`
      delete from idempotency i
      using (
        select tenant_id, principal, key_hash from idempotency where expires_at <= ${now} limit ${rowsAtOnce}
      ) old
      where i.tenant_id = old.tenant_id and i.principal = old.principal and i.key_hash = old.key_hash`;
    return { mark, more: count === rowsAtOnce };
  });
