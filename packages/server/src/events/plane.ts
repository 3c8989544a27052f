/** Changes of a tenant's objects, for its developers to read. Written by `operations/emit.ts` with the change itself. */
import { plane } from '../operations/plane.ts';

export const events = plane({
  name: 'events',
  settings: {},
  tables: [],
  reads: [],
  kinds: [],
  metrics: {},
  needs: [],
  gives: [],
  serve: () => import('./serve.ts'),
});
