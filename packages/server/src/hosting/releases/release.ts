/** Rows of releases. */
import { Problem, type Environment, type Id, type Output } from '@tulou/contract';
import type { releases } from '@tulou/contract/operations/releases';
import type { TenantTx } from '../../store/store.ts';
import type { ServiceRow } from '../workloads/service.ts';

export interface Weight {
  readonly revision: Id<'revision'>;
  readonly weight: number;
}

export interface ReleaseRow {
  readonly id: Id<'release'>;
  readonly environment: Environment;
  readonly weights: readonly Weight[];
  /** The numbers of its revisions, in their order; 0 for one that was deleted. */
  readonly numbers: readonly number[];
  readonly current: boolean;
  readonly created_at: Date;
}

/** The columns of a release `r` as `ReleaseRow` has them. */
export const releaseColumns = ({ sql }: Pick<TenantTx, 'sql'>) => sql`
  r.id, r.environment, r.weights, r.current, r.created_at, array(
    select coalesce(v.number, 0) from jsonb_array_elements(r.weights) with ordinality as w (one, place)
      left join revisions v on v.tenant_id = r.tenant_id and v.id = w.one ->> 'revision'
    order by w.place) as numbers`;

type Of = Pick<ServiceRow, 'id'>;

/** The release of a service that an id names, or the current one of an environment. Throws `not_found`. */
export async function findRelease(tx: TenantTx, service: Of, ref: string): Promise<ReleaseRow> {
  const row = await releaseOf(tx, service, ref);
  if (row === undefined) throw new Problem('not_found');
  return row;
}

export async function releaseOf(tx: TenantTx, service: Of, ref: string): Promise<ReleaseRow | undefined> {
  const [row] = await tx.sql<ReleaseRow[]>`
    select ${releaseColumns(tx)} from releases r
    where r.tenant_id = ${tx.tenantUuid} and r.service_id = ${service.id}
      and (r.id = ${ref} or (r.current and r.environment = ${ref}))`;
  return row;
}

/** A release as its readers see it. */
export function viewRelease(service: Pick<ServiceRow, 'slug'>, row: ReleaseRow): Output<typeof releases.get> {
  return {
    id: row.id,
    service: service.slug,
    environment: row.environment,
    weights: row.weights.map(({ revision, weight }, i) => ({ revision, number: row.numbers[i] || null, weight })),
    current: row.current,
    created_at: row.created_at.toISOString(),
  };
}
