/** The gateways: their registration, and the feed that brings them the snapshot. */
import { plane } from '../operations/plane.ts';

export const fleet = plane({
  name: 'fleet',
  settings: {},
  tables: ['gateways'],
  reads: [],
  kinds: [],
  metrics: {},
  needs: [],
  gives: ['gatewaySeen'],
  serve: () => import('./serve.ts'),
});
