/** Apps, their keys and OAuth clients, and the installations in which tenants grant them scopes. */
import { plane } from '../operations/plane.ts';

export const apps = plane({
  name: 'apps',
  settings: {},
  tables: ['apps', 'keys', 'clients', 'installations', 'installed', 'approvals'],
  reads: ['tenants', 'members', 'catalog', 'subscriptions', 'installation_usage', 'users'],
  kinds: ['app', 'key', 'client', 'installation'],
  metrics: {},
  needs: ['mailMembers'],
  gives: [],
  serve: () => import('./serve.ts'),
  work: () => import('./work.ts'),
});
