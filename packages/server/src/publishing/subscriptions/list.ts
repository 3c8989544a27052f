import type { subscribers, subscriptions } from '@tulou/contract/operations/subscriptions';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { holdReference } from '../../operations/references.ts';
import { viewSubscriber, type SubscriberRow } from './subscriber.ts';
import { viewSubscription, type SubscriptionRow } from './subscription.ts';

interface Named {
  readonly name: string;
}

export const listSubscriptions: Handler<typeof subscriptions.list> = async (scope, { query }, { store }) => {
  const place = placeOf(query.cursor, idPlace) ?? '';
  const { app, state } = query;
  const rows = await store.tenant(scope, async ({ sql }) => {
    await holdReference(
      'app',
      app,
      () => sql<Named[]>`
        select slug as name from apps where tenant_id = ${scope.tenantUuid}
        union select app_slug from subscriptions where tenant_id = ${scope.tenantUuid}`,
    );
    return sql<SubscriptionRow[]>`
      select * from subscriptions
      where tenant_id = ${scope.tenantUuid} and id > ${place}
        ${app === undefined ? sql`` : sql`and (app_id = ${app} or app_slug = ${app})`}
        ${state === undefined ? sql`` : sql`and state = ${state}`}
      order by id limit ${query.limit + 1}`;
  });
  return pageOf(rows, query.limit, viewSubscription, (row) => row.id);
};

export const listSubscribers: Handler<typeof subscribers.list> = async (scope, { query }, { store }) => {
  const place = placeOf(query.cursor, idPlace) ?? '';
  const { api, state } = query;
  const rows = await store.tenant(scope, async ({ sql }) => {
    await holdReference(
      'api',
      api,
      () => sql<Named[]>`
        select slug as name from apis where tenant_id = ${scope.tenantUuid}
        union select api_slug from subscribers where tenant_id = ${scope.tenantUuid}`,
    );
    return sql<SubscriberRow[]>`
      select * from subscribers
      where tenant_id = ${scope.tenantUuid} and id > ${place}
        ${api === undefined ? sql`` : sql`and (api_id = ${api} or api_slug = ${api})`}
        ${state === undefined ? sql`` : sql`and state = ${state}`}
      order by id limit ${query.limit + 1}`;
  });
  return pageOf(rows, query.limit, viewSubscriber, (row) => row.id);
};
