/** Rows of revisions. */
import { Problem, type Id, type Output } from '@tulou/contract';
import type { InstanceCounts, InstanceLimits, WorkloadKind } from '@tulou/contract/hosting';
import type { revisions } from '@tulou/contract/operations/revisions';
import type { TenantTx } from '../../store/store.ts';
import type { ServiceRow } from '../workloads/service.ts';

export interface RevisionRow {
  readonly id: Id<'revision'>;
  readonly number: number;
  readonly kind: WorkloadKind;
  readonly artifact_id: Id<'artifact'>;
  readonly digest: string;
  readonly size_bytes: number;
  readonly entry: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly limits: InstanceLimits;
  readonly instances: InstanceCounts;
  readonly created_at: Date;
}

/** The revision of a service that an id or a number names. Throws `not_found`. */
export async function findRevision(tx: TenantTx, service: Pick<ServiceRow, 'id'>, ref: string): Promise<RevisionRow> {
  const [row] = await tx.sql<RevisionRow[]>`
    select r.*, a.digest, a.size_bytes from revisions r
      join artifacts a on a.tenant_id = r.tenant_id and a.id = r.artifact_id
    where r.tenant_id = ${tx.tenantUuid} and r.service_id = ${service.id} and (r.id = ${ref} or r.number::text = ${ref})`;
  if (row === undefined) throw new Problem('not_found');
  return row;
}

/** A revision as its readers see it. */
export function viewRevision(service: Pick<ServiceRow, 'slug'>, row: RevisionRow): Output<typeof revisions.get> {
  return {
    id: row.id,
    service: service.slug,
    number: row.number,
    kind: row.kind,
    artifact: { id: row.artifact_id, digest: row.digest, size_bytes: row.size_bytes },
    entry: row.entry,
    variables: { ...row.variables },
    limits: { ...row.limits },
    instances: { ...row.instances },
    created_at: row.created_at.toISOString(),
  };
}
