/** APIs, their versions, plans and scopes, the catalog, and the subscriptions to them. */
import { plane } from '../operations/plane.ts';

export const publishing = plane({
  name: 'publishing',
  settings: {},
  tables: ['apis', 'versions', 'version_documents', 'plans', 'scopes', 'catalog', 'subscriptions', 'subscribers'],
  reads: ['tenants', 'apps', 'services'],
  kinds: ['api', 'version', 'plan', 'subscription'],
  metrics: {},
  needs: [],
  gives: ['showProvider'],
  serve: () => import('./serve.ts'),
  work: () => import('./work.ts'),
});
