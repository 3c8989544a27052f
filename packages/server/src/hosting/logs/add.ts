import type { ReportedLogLine } from '@tulou/contract/hosting';
import type { SystemTx } from '../../store/store.ts';
import { storable } from '../storable.ts';

/** Stores lines as one batch. The last statement of its transaction: it holds the lock of the head until the commit. */
export async function addLines({ sql }: SystemTx, lines: readonly ReportedLogLine[]): Promise<void> {
  if (lines.length === 0) return;
  const rows = lines.map((line, n) => ({ ...line, n, text: storable(line.text) }));
  await sql`
    with head as (update service_log_head set seq = seq + 1 returning seq)
    insert into service_logs (tenant_id, batch, n, service_id, environment, revision_id, instance_id, at, stream, text)
    select s.tenant_id, head.seq, l.n, l.service, l.environment, l.revision, l.instance, to_timestamp(l.at_ms / 1000.0),
      l.stream, l.text
    from head, jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as l (
        n int, service text, environment text, revision text, instance text, at_ms bigint, stream text, text text)
      join services s on s.id = l.service`;
}
