import { Problem, type Id, type Output } from '@tulou/contract';
import type { events, EventType } from '@tulou/contract/operations/events';
import { idPlace, pageOf, placeOf } from '../operations/cursor.ts';
import type { Handler } from '../operations/handler.ts';

interface EventRow {
  readonly id: Id<'event'>;
  readonly type: EventType;
  readonly target: string;
  readonly data: unknown;
  readonly at: Date;
}

export const getEvent: Handler<typeof events.get> = (scope, { params }, { store }) =>
  store.tenant(scope, async (tx) => {
    const [row] = await tx.sql<EventRow[]>`
      select * from events where tenant_id = ${scope.tenantUuid} and id = ${params.event}`;
    if (row === undefined) throw new Problem('not_found');
    return viewEvent(row);
  });

/** Newest first; a page goes on below the last id. */
export const listEvents: Handler<typeof events.list> = (scope, { query }, { store }) =>
  store.tenant(scope, async ({ sql }) => {
    const place = placeOf(query.cursor, idPlace);
    const rows = await sql<EventRow[]>`
      select * from events
      where tenant_id = ${scope.tenantUuid}
        ${place === undefined ? sql`` : sql`and id < ${place}`}
        ${query.type === undefined ? sql`` : sql`and type = ${query.type}`}
        ${query.target === undefined ? sql`` : sql`and target = ${query.target}`}
        ${query.from === undefined ? sql`` : sql`and at >= ${query.from}`}
        ${query.to === undefined ? sql`` : sql`and at < ${query.to}`}
      order by id desc limit ${query.limit + 1}`;
    return pageOf(rows, query.limit, viewEvent, (row) => row.id);
  });

function viewEvent({ id, type, target, data, at }: EventRow): Output<typeof events.get> {
  return { id, type, at: at.toISOString(), target, data };
}
