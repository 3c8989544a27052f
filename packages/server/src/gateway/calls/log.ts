/**
 * One thread's records of single calls, on their way to the main thread. It holds a moment's records and no more: whatever it
 * does not keep is counted, and no call waits for it.
 */
import { limits, type CallRecord, type CallsLeftOut } from '@tulou/contract';
import type { Clock, Timer } from '../../kernel/clock.ts';
import type { Call } from '../call.ts';
import type { Outcome } from '../wire/exchange.ts';
import { CallSample, sampleBounds, type SampleBounds } from './sample.ts';

/** What a thread hands over at once. */
export interface CallsTaken {
  readonly calls: readonly CallRecord[];
  readonly leftOut: readonly CallsLeftOut[];
}

const flushEveryMs = 250;
/** What was left out is told by the minute: it is a number, not news. */
const leftOutEveryMs = 60_000;
const leftOutTenantsMax = 10_000;

export interface CallLogOptions {
  readonly threads: number;
  readonly clock: Clock;
  readonly tell: (taken: CallsTaken) => void;
  readonly bounds?: SampleBounds;
}

export class CallLog {
  readonly #options: CallLogOptions;
  readonly #sample: CallSample;
  readonly #timer: Timer;
  #calls: CallRecord[] = [];
  readonly #leftOut = new Map<string, number>();
  #toldAtMs: number;

  constructor(options: CallLogOptions) {
    const { clock, threads, bounds = sampleBounds } = options;
    this.#options = options;
    this.#toldAtMs = clock.monotonic();
    this.#sample = new CallSample(bounds, threads, this.#toldAtMs);
    this.#timer = clock.every(flushEveryMs, () => this.flush(false));
  }

  /** Notes an answered call of a known version. */
  add(call: Call, outcome: Outcome): void {
    const { version, identity } = call;
    if (version === undefined || outcome.status < 100) return;
    const provider = version.object.tenant;
    const consumer = identity?.app.object?.tenant ?? '';
    const isRefused = call.refusal !== undefined || outcome.error !== undefined || outcome.status >= 400;
    if (this.#sample.keeps(provider, consumer, isRefused, this.#options.clock.monotonic())) {
      this.#calls.push(recordOf(call, outcome, version.object));
      return;
    }
    this.#miss(provider);
    if (consumer !== '' && consumer !== provider) this.#miss(consumer);
  }

  /** Hands over what there is; `last`: also what is told by the minute. */
  flush(last: boolean): void {
    const now = this.#options.clock.monotonic();
    const isDue = last || now - this.#toldAtMs >= leftOutEveryMs;
    const leftOut = isDue ? Array.from(this.#leftOut, ([tenant, calls]) => ({ tenant, calls })) : [];
    if (isDue) {
      this.#leftOut.clear();
      this.#toldAtMs = now;
    }
    if (this.#calls.length === 0 && leftOut.length === 0) return;
    this.#options.tell({ calls: this.#calls, leftOut });
    this.#calls = [];
  }

  close(): void {
    this.#timer.cancel();
    this.flush(true);
  }

  #miss(tenant: string): void {
    const known = this.#leftOut.get(tenant);
    if (known !== undefined || this.#leftOut.size < leftOutTenantsMax) this.#leftOut.set(tenant, (known ?? 0) + 1);
  }
}

type Version = NonNullable<Call['version']>['object'];

function recordOf(call: Call, outcome: Outcome, version: Version): CallRecord {
  const { head } = call.exchange;
  const { identity } = call;
  return {
    id: call.requestId,
    at_ms: Math.floor(call.atMs),
    provider: version.tenant,
    consumer: identity?.app.object?.tenant ?? null,
    api: version.api,
    version: version.key,
    operation: call.operation?.id.slice(0, limits.operationIdCharactersMax) ?? null,
    app: identity?.app.key ?? null,
    key: identity?.key?.text ?? null,
    environment: identity?.environment ?? 'live',
    method: head.method.slice(0, 40),
    path: head.target.slice(0, Math.min(call.pathEnd, limits.callPathCharactersMax)),
    status: outcome.status,
    code: call.refusal ?? outcome.error ?? null,
    detail: call.detail?.slice(0, limits.callDetailCharactersMax) ?? null,
    remedy: call.remedy?.slice(0, limits.callDetailCharactersMax) ?? null,
    cause: outcome.fault?.cause ?? null,
    address: call.address.slice(0, 64),
    request_bytes: outcome.requestBytes,
    response_bytes: outcome.responseBytes,
    duration_us: Math.max(0, Math.round(outcome.durationUs)),
    upstream_us: outcome.upstreamUs > 0 ? Math.round(outcome.upstreamUs) : null,
  };
}
