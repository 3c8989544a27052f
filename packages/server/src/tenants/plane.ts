/** Tenants, their members, control tokens and audit trails. */
import { plane } from '../operations/plane.ts';

export const tenants = plane({
  name: 'tenants',
  settings: {},
  tables: ['tenants', 'members', 'tokens'],
  reads: ['users'],
  kinds: ['tenant'],
  metrics: {},
  needs: ['inviteMember', 'showProvider'],
  gives: ['bindMember', 'releaseMembers'],
  serve: () => import('./serve.ts'),
  work: () => import('./work.ts'),
});
