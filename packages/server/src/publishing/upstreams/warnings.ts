/** Warnings about the upstreams of a version: they never refuse the write. */
import type { Output } from '@tulou/contract';
import { upstreamCauses } from '@tulou/contract/causes';
import type { versions } from '@tulou/contract/operations/versions';
import type { Probe } from './probe.ts';

type Warning = Output<typeof versions.create>['warnings'][number];

const originsMax = 8;

/** Tries the upstreams, each origin once and all at the same time. */
export async function warningsOf(upstreams: readonly { readonly url: string }[], probe: Probe): Promise<Warning[]> {
  const byOrigin = Map.groupBy(upstreams.entries(), ([, { url }]) => new URL(url).origin);
  const found = await Promise.all(
    [...byOrigin].slice(0, originsMax).map(async ([origin, places]) => {
      const cause = await probe(new URL(origin));
      if (cause === undefined) return [];
      const message = `${origin}: ${upstreamCauses[cause]}, seen from the control process. Check the URL and the service.`;
      return places.map(([i]) => ({ pointer: `/upstreams/${i}/url`, cause, message }));
    }),
  );
  return found.flat();
}
