/** `GET /internal/v1/hosting/desired?after=&wait_ms=` and `…/artifacts/{digest}`: what a host should run, and the code of it. */
import { Problem } from '@tulou/contract';
import { hostingLimits, type DesiredState } from '@tulou/contract/hosting';
import { z } from 'zod';
import { json, type HttpAnswer, type HttpRequest } from '../../http/message.ts';
import type { Params } from '../../http/routes.ts';
import type { Deps } from '../../operations/handler.ts';
import type { ContentStore } from '../content/store.ts';
import { readMark, type HostingWatch } from '../head.ts';
import { readDesired } from './state.ts';

const query = z.strictObject({
  after: z.string().max(100).optional(),
  wait_ms: z.coerce.number().int().min(0).max(hostingLimits.desiredWaitMsMax).default(0),
});

/** Answers with the whole desired state, at once where the host knows another version. */
export const answerDesired =
  (deps: Pick<Deps, 'store' | 'clock'>, watch: HostingWatch) =>
  async (request: HttpRequest): Promise<HttpAnswer> => {
    const parsed = query.safeParse(Object.fromEntries(request.query));
    if (!parsed.success) {
      const violations = parsed.error.issues.map(({ path, message }) => ({ pointer: path.join('.'), message }));
      throw new Problem('invalid_request', { violations });
    }
    const { after, wait_ms: waitMs } = parsed.data;
    const ends = deps.clock.monotonic() + waitMs;
    const signal = AbortSignal.any([request.gone, request.draining]);
    for (;;) {
      const { mark, state } = await readMarked(deps);
      const leftMs = ends - deps.clock.monotonic();
      if (state.version !== after || leftMs <= 0 || signal.aborted) return json(200, state);
      await watch.moved(mark, leftMs, signal);
    }
  };

/** The mark is read first: a change between the two is seen as a move after it, never missed. */
async function readMarked({ store }: Pick<Deps, 'store'>): Promise<{ mark: string; state: DesiredState }> {
  return store.system('hosts run the services of all tenants', async (tx) => {
    const mark = await readMark(tx);
    return { mark, state: await readDesired(tx) };
  });
}

/** Answers with the bytes of an artifact. */
export const answerArtifact =
  (content: ContentStore) =>
  async (_request: HttpRequest, params: Params): Promise<HttpAnswer> => {
    const found = await content.read(params['digest'] ?? '');
    if (found === undefined) throw new Problem('not_found');
    const headers = { 'content-type': 'application/x-tar', 'content-length': String(found.sizeBytes) };
    return { status: 200, headers, body: found.bytes };
  };
