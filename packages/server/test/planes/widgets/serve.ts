import { Problem } from '@tulou/contract';
import type { Measured } from '../../../src/kernel/metrics.ts';
import { newId } from '../../../src/kernel/random.ts';
import type { Given } from '../../../src/kernel/settings.ts';
import { bind, on, type Deps, type Handler } from '../../../src/operations/handler.ts';
import type { ServeGround, Served } from '../../../src/operations/plane.ts';
import { widgets, type Widget } from './contract.ts';
import type { metrics, settings } from './plane.ts';

interface Own {
  readonly settings: Given<typeof settings>;
  readonly metrics: Measured<typeof metrics>;
}

type WidgetDeps = Deps & Own;

const create: Handler<typeof widgets.create, WidgetDeps> = (scope, { body }, deps, call) =>
  call.commit(async (tx) => {
    const note = deps.settings.notes === 'loud' ? body.note.toUpperCase() : body.note;
    const after = { id: newId('app', deps.clock, deps.random), note };
    await tx.sql`insert into widgets (tenant_id, id, note) values (${scope.tenantUuid}, ${after.id}, ${note})`;
    deps.metrics.made.add([]);
    return { output: after, target: after.id, before: null, after };
  });

const get: Handler<typeof widgets.get, WidgetDeps> = (scope, { params }, { store }) =>
  store.tenant(scope, async ({ sql }) => {
    const [row] = await sql<Widget[]>`
      select id, note from widgets where tenant_id = ${scope.tenantUuid} and id = ${params.widget}`;
    if (row === undefined) throw new Problem('not_found');
    return row;
  });

export const serve = (ground: ServeGround, own: Own): Served => ({
  operations: bind({ ...ground, ...own }, [on(widgets.create, create), on(widgets.get, get)]),
  routes: [
    { method: 'GET', path: '/widgets.txt', access: 'public', handle: async () => ({ status: 200, body: 'widgets\n' }) },
  ],
  offers: {},
});
