import { Problem } from '@tulou/contract';
import type { artifacts } from '@tulou/contract/operations/artifacts';
import type { Handler } from '../../operations/handler.ts';
import type { HostingDeps } from '../deps.ts';
import { lockArtifact, stateAt, takePiece, viewArtifact } from './artifact.ts';

export const updateArtifact: Handler<typeof artifacts.update, HostingDeps> = (scope, { params, body }, deps, call) =>
  call.commit(async (tx) => {
    const before = await lockArtifact(tx, params.artifact);
    call.expect(viewArtifact(before));
    // After a restore the content may be missing: then it can be uploaded again.
    if (before.state === 'complete' && (await deps.content.has(before.digest)))
      throw new Problem('state_conflict', { detail: 'The artifact is complete.' });
    // After a piece whose transaction failed there may be more on disk than the row says; after a lost disk there is less.
    const held = Math.min(before.received_bytes, await deps.content.gathered(before.id));
    if (body.offset > held) throw new Problem('state_conflict', { detail: `The upload goes on at offset ${held}.` });
    const received_bytes = await takePiece(deps.content, before, body.offset, body.content);
    const state = stateAt(received_bytes, before);
    const updated_at = new Date(deps.clock.now());
    await tx.sql`
      update artifacts set received_bytes = ${received_bytes}, state = ${state}, updated_at = ${updated_at}
      where tenant_id = ${scope.tenantUuid} and id = ${before.id}`;
    const after = viewArtifact({ ...before, received_bytes, state, updated_at });
    return { output: after, target: before.id, before: viewArtifact(before), after };
  });
