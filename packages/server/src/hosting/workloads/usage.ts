import type { Environment, Output } from '@tulou/contract';
import type { services } from '@tulou/contract/operations/services';
import type { Handler } from '../../operations/handler.ts';
import { findService } from './service.ts';

type Sum = Output<typeof services.usage>['items'][number];

interface SumRow extends Omit<Sum, 'environment' | 'revision' | 'gb_seconds'> {
  readonly environment: Environment;
  readonly revision_id: string;
  readonly memory_mb_ms: number;
}

const defaultDays = 30;
const dayMs = 86_400_000;

/** The sums of the reports of hosts on a service, by environment and revision. */
export const getServiceUsage: Handler<typeof services.usage> = (scope, { params, query }, { store, clock }) => {
  const to = query.to === undefined ? new Date(clock.now()) : new Date(query.to);
  const from = query.from === undefined ? new Date(to.getTime() - defaultDays * dayMs) : new Date(query.from);
  return store.tenant(scope, async (tx) => {
    const service = await findService(tx, params.service);
    const rows = await tx.sql<SumRow[]>`
      select environment, revision_id, sum(requests)::bigint as requests, sum(errors)::bigint as errors,
        sum(cpu_ms)::bigint as cpu_ms, sum(memory_mb_ms)::bigint as memory_mb_ms,
        sum(egress_bytes)::bigint as egress_bytes, sum(cold_starts)::bigint as cold_starts
      from service_usage
      where tenant_id = ${scope.tenantUuid} and service_id = ${service.id} and minute >= ${from} and minute < ${to}
      group by environment, revision_id order by environment, revision_id`;
    return { from: from.toISOString(), to: to.toISOString(), items: rows.map(viewSum) };
  });
};

/** 1 GB-second is 1,024 MB for 1,000 milliseconds. */
const viewSum = ({ revision_id, memory_mb_ms, ...sums }: SumRow): Sum => ({
  ...sums,
  revision: revision_id,
  gb_seconds: Math.round(memory_mb_ms / 1.024) / 1_000_000,
});
