/** `GET /internal/v1/snapshot?epoch=&since=&wait_ms=`: what a gateway doesn't have yet of the snapshot, or all of it. */
import { Problem } from '@tulou/contract';
import { z } from 'zod';
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import type { Deps } from '../operations/handler.ts';
import { readHead, renewEpoch, watchHead, type Head, type HeadWatch } from '../snapshot/head.ts';
import { readSnapshot } from '../snapshot/read.ts';
import { openAdmission } from '../http/admission.ts';

const bounds = {
  waitMsMax: 25_000,
  /** Answers with more lines than this are bounded in number, each holding a connection while its gateway reads. */
  smallCount: 2000,
  largeReadsMax: 3,
  largeReadMs: 300_000,
} as const;

const query = z.object({
  epoch: z.uuid().optional(),
  since: z.coerce.number().int().min(0).default(0),
  wait_ms: z.coerce.number().int().min(0).max(bounds.waitMsMax).default(0),
});

export interface SnapshotFeed {
  answer(request: HttpRequest): Promise<HttpAnswer>;
  close(): Promise<void>;
}

/** Opens the feed: one watch for all gateways, and the admission of large reads. */
export async function openFeed(deps: Deps): Promise<SnapshotFeed> {
  const watch = await watchHead(deps);
  const large = openAdmission(bounds.largeReadsMax, 'full reads');
  const admit = (count: number): (() => void) => (count > bounds.smallCount ? large.enter() : () => undefined);
  return {
    async answer(request) {
      const known = await waitForNews(request, deps, watch);
      const tooLong = new AbortController();
      const late = deps.clock.after(bounds.largeReadMs, () => tooLong.abort());
      const signal = AbortSignal.any([request.gone, tooLong.signal]);
      try {
        const lines = await readSnapshot(deps.store, known, admit, signal);
        lines.once('close', () => late.cancel());
        return { status: 200, headers: { 'content-type': 'application/x-ndjson' }, body: lines };
      } catch (error) {
        late.cancel();
        throw error;
      }
    },
    close: () => watch.close(),
  };
}

/** The head that the gateway knows, after a wait for a newer one. Undefined: the gateway knows no valid one. */
async function waitForNews(request: HttpRequest, deps: Deps, watch: HeadWatch): Promise<Head | undefined> {
  const parsed = query.safeParse(Object.fromEntries(request.query));
  if (!parsed.success) {
    const violations = parsed.error.issues.map(({ path, message }) => ({ pointer: path.join('.'), message }));
    throw new Problem('invalid_request', { violations });
  }
  const { epoch, since, wait_ms: waitMs } = parsed.data;
  if (epoch === undefined) return undefined;
  const known = { epoch, seq: since };
  const head = await deps.store.system('has the snapshot moved', readHead);
  if (head.epoch === epoch && head.seq < since) {
    deps.log.warn({ known: since, seq: head.seq }, 'the snapshot went back; gateways will read it again');
    await deps.store.system('numbers after a restore are new ones', (tx) => renewEpoch(tx, head));
  }
  if (head.epoch === epoch && head.seq === since && waitMs > 0) {
    await watch.moved(known, waitMs, AbortSignal.any([request.gone, request.draining]));
  }
  return known;
}
