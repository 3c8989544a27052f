/** A plane as one is added: a noun, a table, a job, a route, a metric and a setting, in a folder of its own. */
import { z } from 'zod';
import { counter } from '../../../src/kernel/metrics.ts';
import { setting } from '../../../src/kernel/settings.ts';
import { plane } from '../../../src/operations/plane.ts';

export const settings = {
  notes: setting({
    variable: 'TULOU_WIDGET_NOTES',
    shape: z.enum(['plain', 'loud']),
    expects: 'plain or loud',
    example: 'loud',
    default: 'plain',
    doc: 'How notes of widgets are written.',
    roles: ['control'],
  }),
} as const;

export const metrics = { made: counter('tulou_widgets_created_total', 'Widgets created.') } as const;

export const widgetsPlane = plane({
  name: 'widgets',
  settings,
  tables: ['widgets'],
  reads: [],
  kinds: [],
  metrics,
  needs: [],
  gives: [],
  serve: () => import('./serve.ts'),
  work: () => import('./work.ts'),
});
