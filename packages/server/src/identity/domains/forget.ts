import { limits } from '@tulou/contract';
import type { Work } from '../../store/job.ts';
import { asPlatform } from '../system-wide.ts';

/** Forgets the former owners of domains after the quarantine. */
export const forgetDomains: Work = async ({ store, clock }, mark) => {
  const before = new Date(clock.now() - limits.domainQuarantineDays * 86_400_000);
  await asPlatform(store, 'expiry', ({ sql }) => sql`delete from domain_owners where released_at <= ${before}`);
  return { mark, more: false };
};
