/** Calls counted and recorded by gateways: their intake, their sums, and what tenants see of them. */
import { plane } from '../operations/plane.ts';

export const usage = plane({
  name: 'usage',
  settings: {},
  tables: ['usage_minute', 'usage_segments', 'installation_usage', 'calls', 'calls_left_out', 'call_head'],
  reads: ['tenants', 'apis', 'versions', 'apps', 'keys', 'catalog', 'subscriptions', 'subscribers'],
  kinds: [],
  metrics: {},
  needs: ['gatewaySeen'],
  gives: [],
  serve: () => import('./serve.ts'),
  work: () => import('./work.ts'),
});
