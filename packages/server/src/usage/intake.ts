/** `PUT /internal/v1/usage/{segment}`: a closed segment of a gateway's spool, taken once. */
import { limits, Problem, usageRow } from '@tulou/contract';
import { z } from 'zod';
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import type { Params } from '../http/routes.ts';
import type { Deps } from '../operations/handler.ts';
import type { Offers } from '../operations/offers.ts';
import { addUsage } from './add.ts';
import { readReport } from './body.ts';
import { openAdmission } from '../http/admission.ts';

type IntakeDeps = Deps & Pick<Offers, 'gatewaySeen'>;

const bodyBytesMax = 32 * 1024 * 1024;

/** Rows are judged one by one: a row that can't be read must not hold up those behind it for ever. */
const envelope = z.object({
  segment: z.string().min(1).max(120),
  rows: z.array(z.unknown()).max(limits.usageBatchRowsMax),
});

/** A segment of the largest size takes some hundred megabytes for a moment. */
const segmentsAtOnce = 4;

/** Opens the intake: the handler of segments, with a bound on concurrent ones. */
export function openIntake(deps: IntakeDeps): (request: HttpRequest, params: Params) => Promise<HttpAnswer> {
  const admission = openAdmission(segmentsAtOnce, 'segments of usage');
  return async (request, params) => {
    const leave = admission.enter();
    try {
      return await takeUsage(request, params, deps);
    } finally {
      leave();
    }
  };
}

async function takeUsage(request: HttpRequest, params: Params, deps: IntakeDeps): Promise<HttpAnswer> {
  const batch = envelope.safeParse(await readReport(request, bodyBytesMax));
  if (!batch.success || batch.data.segment !== params['segment']) {
    throw new Problem('invalid_request', { detail: 'the body is a batch of the segment that the path names' });
  }
  const rows = batch.data.rows.map((row) => usageRow.safeParse(row).data).filter((row) => row !== undefined);
  const unreadable = batch.data.rows.length - rows.length;
  const taken = await deps.store.system('a gateway reports the calls of all tenants', (tx) =>
    addUsage(tx, { segment: batch.data.segment, rows, unreadable }, new Date(deps.clock.now()), deps),
  );
  if (taken.dropped > 0) {
    deps.log.warn({ segment: batch.data.segment, dropped: taken.dropped }, 'usage of no known tenant was dropped');
  }
  return { status: 204 };
}
