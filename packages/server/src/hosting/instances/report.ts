/** `POST /internal/v1/hosting/report`: what a host runs and what was used, each report taken once. */
import { Problem } from '@tulou/contract';
import { hostReport, type HostReport } from '@tulou/contract/hosting';
import { readJson } from '../../http/body.ts';
import { json, type HttpAnswer, type HttpRequest } from '../../http/message.ts';
import type { Deps } from '../../operations/handler.ts';
import type { SystemTx } from '../../store/store.ts';
import { addLines } from '../logs/add.ts';
import { storable } from '../storable.ts';

const reportBytesMax = 20 * 1024 * 1024;

export const takeReport =
  (deps: Pick<Deps, 'store' | 'clock'>) =>
  async (request: HttpRequest): Promise<HttpAnswer> => {
    const parsed = hostReport.safeParse(await readJson(request, reportBytesMax));
    if (!parsed.success) {
      const violations = parsed.error.issues
        .slice(0, 20)
        .map(({ path, message }) => ({ pointer: `/${path.join('/')}`, message }));
      throw new Problem('invalid_request', { violations });
    }
    const now = new Date(deps.clock.now());
    const seq = await deps.store.system('a host reports the services of all tenants', (tx) =>
      addReport(tx, parsed.data, now),
    );
    return json(200, { seq });
  };

/** Takes a report and returns its number; a number that was taken before changes nothing. */
async function addReport(tx: SystemTx, report: HostReport, now: Date): Promise<number> {
  const { host, seq } = report;
  const [taken] = await tx.sql<{ seq: number }[]>`
    insert into hosting_hosts (id, seq, seen_at) values (${host}, ${seq}, ${now})
    on conflict (id) do update set seq = excluded.seq, seen_at = excluded.seen_at where hosting_hosts.seq < excluded.seq
    returning seq`;
  if (taken === undefined) {
    const [last] = await tx.sql<{ seq: number }[]>`select seq from hosting_hosts where id = ${host}`;
    return last?.seq ?? 0;
  }
  await replaceInstances(tx, report, now);
  await addUsage(tx, report);
  await addLines(tx, report.logs);
  return seq;
}

/** The instances of a host are those of its last report. Instances of an unknown service are left out. */
async function replaceInstances({ sql }: SystemTx, { host, instances }: HostReport, now: Date): Promise<void> {
  await sql`delete from instances where host_id = ${host}`;
  if (instances.length === 0) return;
  const rows = instances.map(({ detail, ...rest }) => ({ ...rest, detail: detail === null ? null : storable(detail) }));
  await sql`
    insert into instances (tenant_id, id, service_id, environment, revision_id, host_id, state, detail, isolation, restarts,
                           started_at, seen_at)
    select s.tenant_id, i.id, i.service, i.environment, i.revision, ${host}, i.state, i.detail, i.isolation, i.restarts,
      to_timestamp(i.started_at_ms / 1000.0), ${now}::timestamptz
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as i (
        id text, service text, environment text, revision text, state text, detail text, isolation text, restarts bigint,
        started_at_ms bigint)
      join services s on s.id = i.service
    on conflict (tenant_id, id) do update
      set host_id = excluded.host_id, state = excluded.state, detail = excluded.detail, restarts = excluded.restarts,
          seen_at = excluded.seen_at`;
}

async function addUsage({ sql }: SystemTx, { usage }: HostReport): Promise<void> {
  if (usage.length === 0) return;
  await sql`
    insert into service_usage as u (tenant_id, minute, service_id, environment, revision_id, requests, errors, cpu_ms,
                                    memory_mb_ms, egress_bytes, cold_starts)
    select s.tenant_id, date_trunc('minute', to_timestamp(n.minute_ms / 1000.0)), n.service, n.environment, n.revision,
      sum(n.requests), sum(n.errors), sum(n.cpu_ms), sum(n.memory_mb_ms), sum(n.egress_bytes), sum(n.cold_starts)
    from jsonb_to_recordset(${JSON.stringify(usage)}::text::jsonb) as n (
        service text, environment text, revision text, minute_ms bigint, requests bigint, errors bigint, cpu_ms bigint,
        memory_mb_ms bigint, egress_bytes bigint, cold_starts bigint)
      join services s on s.id = n.service
    group by 1, 2, 3, 4, 5
    on conflict (tenant_id, minute, service_id, environment, revision_id) do update
      set requests = u.requests + excluded.requests, errors = u.errors + excluded.errors,
          cpu_ms = u.cpu_ms + excluded.cpu_ms, memory_mb_ms = u.memory_mb_ms + excluded.memory_mb_ms,
          egress_bytes = u.egress_bytes + excluded.egress_bytes, cold_starts = u.cold_starts + excluded.cold_starts`;
}
