/** Warnings about the upstreams of a version: they never refuse the write. */
import type { Output } from '@tulou/contract';
import { upstreamCauses } from '@tulou/contract/causes';
import type { versions } from '@tulou/contract/operations/versions';
import type { Probe } from './probe.ts';

type Warning = Output<typeof versions.create>['warnings'][number];

const originsMax = 8;

/** An upstream with a URL, or a service of the platform, which control cannot try. */
export interface Tried {
  readonly url?: string | undefined;
}

/** Tries the upstreams that have a URL, each origin once and all at the same time. */
export async function warningsOf(upstreams: readonly Tried[], probe: Probe): Promise<Warning[]> {
  const places = upstreams.flatMap(({ url }, i) => (url === undefined ? [] : [[i, url] as const]));
  const byOrigin = Map.groupBy(places, ([, url]) => new URL(url).origin);
  const found = await Promise.all(
    [...byOrigin].slice(0, originsMax).map(async ([origin, own]) => {
      const cause = await probe(new URL(origin));
      if (cause === undefined) return [];
      const message = `${origin}: ${upstreamCauses[cause]}, seen from the control process. Check the URL and the service.`;
      return own.map(([i]) => ({ pointer: `/upstreams/${i}/url`, cause, message }));
    }),
  );
  return found.flat();
}
