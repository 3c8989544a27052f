import { limits, Problem } from '@tulou/contract';
import type { revisions } from '@tulou/contract/operations/revisions';
import { newId } from '../../kernel/random.ts';
import type { Handler } from '../../operations/handler.ts';
import { holdQuota } from '../../operations/quota.ts';
import { hasFile } from '../content/archive.ts';
import { lockArtifact, type ArtifactRow } from '../artifacts/artifact.ts';
import type { ContentStore } from '../content/store.ts';
import type { HostingDeps } from '../deps.ts';
import { lockService } from '../workloads/service.ts';
import { holdDeploys } from './rate.ts';
import { findRevision, viewRevision } from './revision.ts';

export const createRevision: Handler<typeof revisions.create, HostingDeps> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const service = await lockService(tx, params.service);
    const artifact = await lockArtifact(tx, body.artifact);
    await holdEntry(artifact, body.entry, deps.content);
    await holdDeploys(tx, deps.clock.now());
    const counted = tx.sql`select 1 from revisions where tenant_id = ${scope.tenantUuid} and service_id = ${service.id}`;
    await holdQuota(tx, counted, limits.revisionsPerServiceMax, 'revisions of this service');
    const id = newId('revision', deps.clock, deps.random);
    const now = new Date(deps.clock.now());
    await tx.sql`
      with counted as (
        update services set revisions = revisions + 1 where tenant_id = ${scope.tenantUuid} and id = ${service.id}
        returning revisions
      )
      insert into revisions (tenant_id, id, service_id, number, kind, artifact_id, entry, variables, limits, instances,
                             created_at)
      select ${scope.tenantUuid}::uuid, ${id}, ${service.id}, counted.revisions, ${body.kind}, ${artifact.id},
        ${body.entry}, ${JSON.stringify(body.variables)}::text::jsonb, ${JSON.stringify(body.limits)}::text::jsonb,
        ${JSON.stringify(body.instances)}::text::jsonb, ${now}::timestamptz
      from counted`;
    const after = viewRevision(service, await findRevision(tx, service, id));
    return { output: after, target: id, before: null, after };
  });

async function holdEntry(artifact: ArtifactRow, entry: string, content: ContentStore): Promise<void> {
  if (artifact.state !== 'complete') {
    const { received_bytes: received, size_bytes: size } = artifact;
    throw new Problem('state_conflict', {
      detail: `The artifact is not complete: ${received} of ${size} bytes have arrived. Finish its upload first.`,
    });
  }
  const found = await content.read(artifact.digest);
  if (found === undefined)
    throw new Problem('state_conflict', {
      detail:
        'The content of the artifact is lost. Upload it again: `artifacts update` from offset 0, or `tulou deploy`.',
    });
  if (await hasFile(found.bytes, entry)) return;
  const message = 'is no file of the artifact: give a path inside the packed folder';
  throw new Problem('invalid_request', { violations: [{ pointer: '/entry', message }] });
}
