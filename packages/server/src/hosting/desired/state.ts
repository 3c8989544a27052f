/** The desired state of hosts: the current releases of all tenants that are neither suspended nor deleted. */
import { idFromUuid, type Environment, type Id } from '@tulou/contract';
import type { DesiredState, HostedRevision, HostedService, IsolationLevel } from '@tulou/contract/hosting';
import { sha256 } from '../../kernel/hash.ts';
import type { SystemTx } from '../../store/store.ts';
import type { RevisionRow } from '../revisions/revision.ts';

interface Row extends Omit<RevisionRow, 'id' | 'number' | 'artifact_id' | 'created_at'> {
  readonly service_id: Id<'service'>;
  readonly slug: string;
  readonly isolation: IsolationLevel;
  readonly tenant_id: string;
  readonly tenant_slug: string;
  readonly environment: Environment;
  readonly release_id: Id<'release'>;
  readonly revision_id: Id<'revision'>;
  readonly weight: number;
}

/** The desired state. Its version is a digest of what it says: equal texts have equal versions, also after a restore. */
export async function readDesired({ sql }: SystemTx): Promise<DesiredState> {
  const rows = await sql<Row[]>`
    select s.id as service_id, s.slug, s.isolation, t.tenant_id, t.slug as tenant_slug, l.environment, l.id as release_id,
      w.revision as revision_id, w.weight, r.kind, a.digest, a.size_bytes, r.entry, r.variables, r.limits, r.instances
    from releases l
      join tenants t on t.tenant_id = l.tenant_id
      join services s on s.tenant_id = l.tenant_id and s.id = l.service_id
      cross join lateral jsonb_to_recordset(l.weights) as w (revision text, weight int)
      join revisions r on r.tenant_id = l.tenant_id and r.id = w.revision
      join artifacts a on a.tenant_id = l.tenant_id and a.id = r.artifact_id
    where l.current and t.suspended_at is null and t.delete_at is null and t.purged_at is null
    order by l.id, w.revision`;
  const services = [...Map.groupBy(rows, ({ release_id }) => release_id).values()].map(hostedOf);
  return { version: sha256(JSON.stringify(services)), services };
}

function hostedOf(rows: readonly Row[]): HostedService {
  const [first] = rows as [Row, ...Row[]];
  const tenant = idFromUuid('tenant', first.tenant_id);
  return {
    id: first.service_id,
    slug: first.slug,
    tenant: { id: tenant, slug: first.tenant_slug },
    developer: tenant,
    environment: first.environment,
    isolation: first.isolation,
    release: first.release_id,
    revisions: rows.map(revisionOf),
  };
}

function revisionOf(row: Row): HostedRevision {
  return {
    id: row.revision_id,
    kind: row.kind,
    artifact: { digest: row.digest, size_bytes: row.size_bytes },
    entry: row.entry,
    variables: { ...row.variables },
    limits: row.limits,
    egress: [],
    weight: row.weight,
    instances: row.instances,
  };
}
