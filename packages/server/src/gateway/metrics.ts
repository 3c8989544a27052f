/**
 * The gateway's own counters. Each thread adds to its own part of shared memory, and the main thread sums the parts on
 * request. No label grows with tenants, apis or paths.
 */
import { upstreamCauses, type UpstreamCause } from '@tulou/contract/causes';
import { errors, type ErrorCode } from '@tulou/contract/errors';

/** Upper bounds of the latency histogram, microseconds. */
const bucketsUs = [
  500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 10_000_000,
];
const codes = Object.keys(errors) as ErrorCode[];
const causes = Object.keys(upstreamCauses) as UpstreamCause[];
const causeIndex = new Map<string, number>(causes.map((cause, index) => [cause, index]));
const codeIndex = new Map<string, number>(codes.map((code, index) => [code, index]));

// Positions in a thread's numbers.
const classesAt = 0; // six: none, 1xx … 5xx
const durationSumAt = 6;
const durationCountAt = 7;
const inFlightAt = 8;
const pendingAt = 9;
const abortedAt = 10;
const logLinesLostAt = 11;
/** Written by the main thread: whether the gateway is not ready, for the listener of the calls. This is not a sum. */
const unreadyAt = 12;
const bucketsAt = 13;
const codesAt = bucketsAt + bucketsUs.length + 1;
const causesAt = codesAt + codes.length;
const length = causesAt + causes.length;

/** One thread's counters. Only that thread writes. */
export class ThreadMetrics {
  readonly memory: SharedArrayBuffer;
  readonly #numbers: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#numbers = new Float64Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(length * 8);
  }

  began(): void {
    this.#add(inFlightAt, 1);
  }

  /** An exchange ended; `status` 0: nothing was sent. */
  ended(status: number, durationUs: number): void {
    this.#add(inFlightAt, -1);
    this.#add(classesAt + Math.floor(status / 100), 1);
    this.#add(durationSumAt, durationUs);
    this.#add(durationCountAt, 1);
    let bucket = 0;
    while (bucket < bucketsUs.length && durationUs > (bucketsUs[bucket] ?? 0)) bucket += 1;
    this.#add(bucketsAt + bucket, 1);
  }

  refused(code: string): void {
    const index = codeIndex.get(code);
    if (index === undefined) this.#add(abortedAt, 1);
    else this.#add(codesAt + index, 1);
  }

  /** An upstream gave no valid answer. */
  upstreamFailed(cause: UpstreamCause): void {
    this.#add(causesAt + (causeIndex.get(cause) ?? 0), 1);
  }

  logLinesLost(lines: number): void {
    this.#add(logLinesLostAt, lines);
  }

  /** Calls whose usage is in memory only. */
  setPending(calls: number): void {
    this.#numbers[pendingAt] = calls;
  }

  /** Calls whose usage is in memory only. */
  get pending(): number {
    return this.#numbers[pendingAt] ?? 0;
  }

  /** Main thread: marks the gateway as not ready, so that load balancers get this answer from every thread. */
  set unready(is: boolean) {
    this.#numbers[unreadyAt] = is ? 1 : 0;
  }

  get unready(): boolean {
    return this.#numbers[unreadyAt] === 1;
  }

  /** Main thread, after the thread died: its calls in flight and in memory are lost. Returns the number of lost calls. */
  buried(): number {
    const lost = this.#numbers[pendingAt] ?? 0;
    this.#numbers[inFlightAt] = 0;
    this.#numbers[pendingAt] = 0;
    return lost;
  }

  #add(at: number, difference: number): void {
    this.#numbers[at] = (this.#numbers[at] ?? 0) + difference;
  }
}

/** Figures that only the main thread has. */
export interface MainFigures {
  readonly seq: number;
  readonly ageSeconds: number;
  readonly stale: boolean;
  readonly objects: number;
  readonly keys: number;
  readonly quarantined: number;
  readonly unknown: number;
  readonly feedErrors: number;
  readonly threads: number;
  readonly threadDeaths: number;
  readonly threadHangs: number;
  readonly spoolBytes: number;
  readonly spoolSegments: number;
  readonly spoolRefused: number;
  readonly spoolDamaged: number;
  readonly spoolMissing: number;
  readonly callsLost: number;
  readonly callsShipped: number;
  readonly recordsWaiting: number;
  readonly recordsLeftOut: number;
  readonly counterSlots: number;
  readonly counterEvictions: number;
}

/** Prometheus text exposition, format 0.0.4. */
export function renderMetrics(threads: readonly ThreadMetrics[], figures: MainFigures): string {
  const sums = new Float64Array(length);
  for (const { memory } of threads)
    new Float64Array(memory).forEach((value, at) => (sums[at] = (sums[at] ?? 0) + value));
  const at = (index: number): number => sums[index] ?? 0;
  return [
    ...metric('tulou_gateway_requests_total', 'counter', 'Exchanges by status class; none: nothing was sent.', [
      ...['none', '1xx', '2xx', '3xx', '4xx', '5xx'].map((name, i): Sample => [`{class="${name}"}`, at(classesAt + i)]),
    ]),
    ...metric('tulou_gateway_refusals_total', 'counter', 'Answers that the gateway made itself, by error code.', [
      ...codes.map((code, i): Sample => [`{code="${code}"}`, at(codesAt + i)]).filter(([, value]) => value > 0),
    ]),
    ...metric(
      'tulou_gateway_upstream_failures_total',
      'counter',
      'Calls without a good answer of the upstream, by cause.',
      [...causes.map((cause, i): Sample => [`{cause="${cause}"}`, at(causesAt + i)]).filter(([, value]) => value > 0)],
    ),
    ...histogram(at),
    ...gauge('tulou_gateway_in_flight', 'Exchanges that have begun and not ended.', at(inFlightAt)),
    ...counter('tulou_gateway_broken_off_total', 'Exchanges that a client or an upstream broke off.', at(abortedAt)),
    ...counter('tulou_gateway_access_log_lines_lost_total', 'Access log lines that were dropped.', at(logLinesLostAt)),
    ...gauge('tulou_gateway_usage_in_memory', 'Answered calls whose record the disk has not taken.', at(pendingAt)),
    ...mainMetrics(figures),
  ]
    .join('\n')
    .concat('\n');
}

function mainMetrics(f: MainFigures): string[] {
  return [
    ...gauge('tulou_gateway_snapshot_seq', 'Sequence number of the configuration in force.', f.seq),
    ...gauge('tulou_gateway_snapshot_age_seconds', 'Since control last confirmed the configuration.', f.ageSeconds),
    ...gauge(
      'tulou_gateway_snapshot_stale',
      '1: not confirmed for a minute, scopes of high risk are refused.',
      Number(f.stale),
    ),
    ...gauge('tulou_gateway_snapshot_objects', 'Objects held, keys included.', f.objects),
    ...gauge('tulou_gateway_snapshot_keys', 'API keys held.', f.keys),
    ...gauge(
      'tulou_gateway_snapshot_quarantined',
      'Objects that came broken and keep their last good state.',
      f.quarantined,
    ),
    ...gauge(
      'tulou_gateway_snapshot_unknown',
      'Objects of kinds that a newer control has and this gateway does not know.',
      f.unknown,
    ),
    ...counter('tulou_gateway_snapshot_errors_total', 'Polls of the configuration that failed.', f.feedErrors),
    ...gauge('tulou_gateway_threads', 'Threads that serve.', f.threads),
    ...counter('tulou_gateway_thread_deaths_total', 'Threads that died and were replaced.', f.threadDeaths),
    ...counter('tulou_gateway_thread_hangs_total', 'Threads that hung, were ended and replaced.', f.threadHangs),
    ...gauge('tulou_gateway_spool_bytes', 'Bytes of closed segments that wait for control.', f.spoolBytes),
    ...gauge('tulou_gateway_spool_segments', 'Closed segments that wait for control.', f.spoolSegments),
    ...gauge(
      'tulou_gateway_spool_refused_segments',
      'Segments that control refused for good; kept on disk.',
      f.spoolRefused,
    ),
    ...gauge(
      'tulou_gateway_spool_damaged_segments',
      'Segments that are damaged: answered calls may be missing; kept on disk.',
      f.spoolDamaged,
    ),
    ...counter(
      'tulou_gateway_spool_missing_segments_total',
      'Segments that were removed before control had them.',
      f.spoolMissing,
    ),
    ...counter('tulou_gateway_usage_lost_total', 'Answered calls whose record was lost with a thread.', f.callsLost),
    ...counter('tulou_gateway_usage_shipped_total', 'Answered calls that control has taken.', f.callsShipped),
    ...gauge('tulou_gateway_call_records_waiting', 'Records of calls that wait for control.', f.recordsWaiting),
    ...counter(
      'tulou_gateway_call_records_left_out_total',
      'Calls, for each tenant that is party to one, of which no record was kept.',
      f.recordsLeftOut,
    ),
    ...gauge('tulou_gateway_limit_slots', 'Slots of the limit table that are taken.', f.counterSlots),
    ...counter('tulou_gateway_limit_evictions_total', 'Counters that gave way although not idle.', f.counterEvictions),
  ];
}

type Sample = readonly [labels: string, value: number];

function metric(name: string, type: string, help: string, samples: readonly Sample[]): string[] {
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value]) => `${name}${labels} ${value}`),
  ];
}

const counter = (name: string, help: string, value: number): string[] => metric(name, 'counter', help, [['', value]]);
const gauge = (name: string, help: string, value: number): string[] => metric(name, 'gauge', help, [['', value]]);

function histogram(at: (index: number) => number): string[] {
  const name = 'tulou_gateway_request_duration_seconds';
  const samples: Sample[] = [];
  let sum = 0;
  bucketsUs.forEach((bound, i) => {
    sum += at(bucketsAt + i);
    samples.push([`_bucket{le="${bound / 1e6}"}`, sum]);
  });
  samples.push(['_bucket{le="+Inf"}', at(durationCountAt)]);
  samples.push(['_sum', at(durationSumAt) / 1e6], ['_count', at(durationCountAt)]);
  return metric(name, 'histogram', 'From the first byte of the head to the last of the answer.', samples);
}
