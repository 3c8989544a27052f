import { limits } from '@tulou/contract';
import type { Work } from '../../store/job.ts';

/** Forgets the former owners of domains after the quarantine. */
export const forgetDomains: Work = async ({ store, clock }, mark) => {
  const before = new Date(clock.now() - limits.domainQuarantineDays * 86_400_000);
  await store.system(
    'domains whose quarantine is over',
    ({ sql }) => sql`delete from domain_owners where released_at <= ${before}`,
  );
  return { mark, more: false };
};
