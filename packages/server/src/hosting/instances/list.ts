import type { Environment, Output } from '@tulou/contract';
import type { instances } from '@tulou/contract/operations/instances';
import { idPlace, pageOf, placeOf } from '../../operations/cursor.ts';
import type { Handler } from '../../operations/handler.ts';
import { findService, type ServiceRow } from '../workloads/service.ts';

type Instance = Output<typeof instances.list>['items'][number];

interface InstanceRow extends Pick<Instance, 'state' | 'detail' | 'isolation'> {
  readonly id: `isn_${string}`;
  readonly environment: Environment;
  readonly revision_id: string;
  readonly host_id: string;
  readonly restarts: number;
  readonly started_at: Date;
  readonly seen_at: Date;
}

export const listInstances: Handler<typeof instances.list> = (scope, { params, query }, { store }) => {
  const place = placeOf(query.cursor, idPlace) ?? '';
  return store.tenant(scope, async (tx) => {
    const service = await findService(tx, params.service);
    const rows = await tx.sql<InstanceRow[]>`
      select * from instances
      where tenant_id = ${scope.tenantUuid} and service_id = ${service.id} and id > ${place}
      order by id limit ${query.limit + 1}`;
    return pageOf(
      rows,
      query.limit,
      (row) => viewInstance(service, row),
      (row) => row.id,
    );
  });
};

function viewInstance({ slug }: ServiceRow, row: InstanceRow): Instance {
  return {
    id: row.id,
    service: slug,
    environment: row.environment,
    revision: row.revision_id,
    host: row.host_id,
    state: row.state,
    detail: row.detail,
    isolation: row.isolation,
    restarts: row.restarts,
    started_at: row.started_at.toISOString(),
    seen_at: row.seen_at.toISOString(),
  };
}
