import { limits, Problem } from '@tulou/contract';
import type { artifacts } from '@tulou/contract/operations/artifacts';
import { newId } from '../../kernel/random.ts';
import type { Handler } from '../../operations/handler.ts';
import { holdQuota } from '../../operations/quota.ts';
import type { HostingDeps } from '../deps.ts';
import { holdBytes, stateAt, takePiece, viewArtifact, type ArtifactRow } from './artifact.ts';

export const createArtifact: Handler<typeof artifacts.create, HostingDeps> = (scope, { body }, deps, call) =>
  call.commit(async (tx) => {
    const counted = tx.sql`select 1 from artifacts where tenant_id = ${scope.tenantUuid}`;
    await holdQuota(tx, counted, limits.artifactsPerTenantMax, 'artifacts of this tenant');
    await holdBytes(tx, body.size_bytes);
    const id = newId('artifact', deps.clock, deps.random);
    const now = new Date(deps.clock.now());
    const [row] = await tx.sql<ArtifactRow[]>`
      insert into artifacts (tenant_id, id, digest, size_bytes, received_bytes, state, created_at, updated_at)
      values (${scope.tenantUuid}, ${id}, ${body.digest}, ${body.size_bytes}, 0, 'receiving', ${now}, ${now})
      on conflict (tenant_id, digest) do nothing returning *`;
    if (row === undefined)
      throw new Problem('conflict', {
        detail: `There is an artifact \`${body.digest}\` already. Use it, or go on with its upload.`,
      });
    const received = await takePiece(deps.content, row, 0, body.content);
    const after = await store(row, received);
    return { output: after, target: id, before: null, after };

    async function store(begun: ArtifactRow, received_bytes: number): Promise<ReturnType<typeof viewArtifact>> {
      const state = stateAt(received_bytes, begun);
      await tx.sql`
        update artifacts set received_bytes = ${received_bytes}, state = ${state}
        where tenant_id = ${scope.tenantUuid} and id = ${id}`;
      return viewArtifact({ ...begun, received_bytes, state });
    }
  });
