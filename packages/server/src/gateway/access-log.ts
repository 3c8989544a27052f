/**
 * Writes one JSON line per call to standard error, with one write per turn of the event loop. A line holds neither query nor
 * credential: the path ends at `?`, and fields are not logged.
 */
import { writeSync } from 'node:fs';
import type { Call } from './call.ts';
import { causeOf } from './steps/account.ts';
import type { ThreadMetrics } from './metrics.ts';
import type { Outcome } from './wire/exchange.ts';

export class AccessLog {
  readonly #metrics: ThreadMetrics;
  readonly #write: (text: string) => void;
  #text = '';
  #lines = 0;

  constructor(metrics: ThreadMetrics, write = (text: string): void => void writeSync(2, text)) {
    this.#metrics = metrics;
    this.#write = write;
  }

  add(call: Call, outcome: Outcome): void {
    const { head } = call.exchange;
    this.#lines += 1;
    this.#text += `${JSON.stringify({
      message: 'call',
      at: new Date(call.atMs).toISOString(),
      request: call.requestId,
      method: head.method,
      host: head.host,
      path: head.target.slice(0, call.pathEnd),
      status: outcome.status,
      code: call.refusal ?? outcome.error,
      cause: causeOf(call, outcome),
      cause_at: outcome.fault?.at,
      address: call.address,
      version: call.version?.key,
      operation: call.operation?.id,
      app: call.identity?.app.key,
      request_bytes: outcome.requestBytes,
      response_bytes: outcome.responseBytes,
      duration_us: outcome.durationUs,
      upstream_us: outcome.upstreamUs,
      complete: outcome.complete,
    })}\n`;
  }

  /** Writes the lines of this turn. A full pipe must not stop calls, so lines are dropped and counted. */
  flush(): void {
    if (this.#lines === 0) return;
    try {
      this.#write(this.#text);
    } catch {
      this.#metrics.logLinesLost(this.#lines);
    }
    this.#text = '';
    this.#lines = 0;
  }
}
