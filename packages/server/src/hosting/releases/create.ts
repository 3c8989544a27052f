import { limits, Problem } from '@tulou/contract';
import type { Body } from '@tulou/contract';
import type { releases } from '@tulou/contract/operations/releases';
import { newId } from '../../kernel/random.ts';
import type { Handler } from '../../operations/handler.ts';
import type { TenantTx } from '../../store/store.ts';
import { touchHosting } from '../head.ts';
import { findRevision, type RevisionRow } from '../revisions/revision.ts';
import { lockService, type ServiceRow } from '../workloads/service.ts';
import { holdMemory } from './memory.ts';
import { findRelease, releaseOf, viewRelease, type Weight } from './release.ts';

export const createRelease: Handler<typeof releases.create> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const service = await lockService(tx, params.service);
    const replaced = await releaseOf(tx, service, body.environment);
    if (replaced !== undefined) call.expect(viewRelease(service, replaced));
    const weights = await weightsOf(tx, service, body.weights);
    const id = newId('release', deps.clock, deps.random);
    const now = new Date(deps.clock.now());
    await tx.sql`
      update releases set current = false
      where tenant_id = ${scope.tenantUuid} and service_id = ${service.id} and environment = ${body.environment} and current`;
    await tx.sql`
      insert into releases (tenant_id, id, service_id, environment, weights, current, created_at)
      values (${scope.tenantUuid}, ${id}, ${service.id}, ${body.environment}, ${JSON.stringify(weights)}::text::jsonb, true,
              ${now})`;
    await holdMemory(tx);
    await forgetOld(tx, service);
    touchHosting(tx);
    const after = viewRelease(service, await findRelease(tx, service, id));
    return { output: after, target: id, before: replaced === undefined ? null : viewRelease(service, replaced), after };
  });

/** The weights with the ids of their revisions. Throws `invalid_request` where one is no revision of the service, or there twice. */
async function weightsOf(
  tx: TenantTx,
  service: ServiceRow,
  asked: Body<typeof releases.create>['weights'],
): Promise<readonly Weight[]> {
  const weights: Weight[] = [];
  for (const [i, { revision: ref, weight }] of asked.entries()) {
    const pointer = `/weights/${i}/revision`;
    const row = await revisionAt(tx, service, ref, pointer);
    if (weights.some(({ revision }) => revision === row.id))
      throw new Problem('invalid_request', { violations: [{ pointer, message: 'each revision once' }] });
    weights.push({ revision: row.id, weight });
  }
  return weights;
}

async function revisionAt(tx: TenantTx, service: ServiceRow, ref: string, pointer: string): Promise<RevisionRow> {
  try {
    return await findRevision(tx, service, ref);
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
    throw new Problem('invalid_request', { violations: [{ pointer, message: 'is no revision of this service' }] });
  }
}

/** Keeps the last releases of a service; a current one always stays. */
async function forgetOld({ sql, tenantUuid }: TenantTx, service: ServiceRow): Promise<void> {
  await sql`
    delete from releases
    where tenant_id = ${tenantUuid} and service_id = ${service.id} and not current and id <= (
      select id from releases where tenant_id = ${tenantUuid} and service_id = ${service.id}
      order by id desc offset ${limits.releasesPerServiceMax} limit 1)`;
}
