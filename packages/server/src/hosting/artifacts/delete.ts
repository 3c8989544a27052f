import { Problem } from '@tulou/contract';
import type { artifacts } from '@tulou/contract/operations/artifacts';
import type { Handler } from '../../operations/handler.ts';
import { lockArtifact, viewArtifact } from './artifact.ts';

/** Its content goes with the next sweep, if no other tenant has the same one. */
export const deleteArtifact: Handler<typeof artifacts.delete> = (scope, { params }, _deps, call) =>
  call.commit(async (tx) => {
    const before = await lockArtifact(tx, params.artifact);
    call.expect(viewArtifact(before));
    const [needed] = await tx.sql<{ revisions: number }[]>`
      select count(*)::int as revisions from revisions
      where tenant_id = ${scope.tenantUuid} and artifact_id = ${before.id}`;
    const revisions = needed?.revisions ?? 0;
    if (revisions > 0)
      throw new Problem('in_use', { detail: `${revisions} revisions need this artifact. Delete them first.` });
    await tx.sql`delete from artifacts where tenant_id = ${scope.tenantUuid} and id = ${before.id}`;
    return { output: undefined, target: before.id, before: viewArtifact(before), after: null };
  });
