import { join } from 'node:path';
import { artifactsPath, desiredPath, reportPath } from '@tulou/contract/hosting';
import type { Given } from '../kernel/settings.ts';
import { bind } from '../operations/handler.ts';
import type { ServeGround, Served } from '../operations/plane.ts';
import { ContentStore } from './content/store.ts';
import { sweepArtifacts } from './artifacts/sweep.ts';
import { answerArtifact, answerDesired } from './desired/feed.ts';
import { watchHosting } from './head.ts';
import { takeReport } from './instances/report.ts';
import { bindings } from './operations.ts';
import type { settings } from './plane.ts';

interface Own {
  readonly settings: Given<typeof settings>;
}

const sweepMs = 600_000;

export async function serve(ground: ServeGround, { settings: { artifacts, data = '.tulou' } }: Own): Promise<Served> {
  const content = new ContentStore(artifacts ?? join(data, 'artifacts'));
  const feed = { ...ground, store: ground.store.lane('feed') };
  const watch = await watchHosting(feed);
  const sweep = ground.clock.every(sweepMs, () =>
    sweepArtifacts(ground, content).catch((error: unknown) =>
      ground.log.warn({ cause: String(error) }, 'artifacts that nobody needs could not be removed'),
    ),
  );
  return {
    operations: bind({ ...ground, content }, bindings),
    // oxfmt-ignore
    routes: [
      { method: 'GET',  path: desiredPath,                  access: 'node', handle: answerDesired(feed, watch) },
      { method: 'GET',  path: `${artifactsPath}/{digest}`,  access: 'node', handle: answerArtifact(content) },
      { method: 'POST', path: reportPath,                   access: 'node', handle: takeReport(ground) },
    ],
    offers: {},
    stop: async () => {
      sweep.cancel();
      await watch.close();
    },
  };
}
