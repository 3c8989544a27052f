/** A thread's gate over a small sample world, and calls through its pipeline without a network: for tests and benchmarks. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SnapshotObject } from '@tulou/contract';
import type { Clock } from '../kernel/clock.ts';
import { systemClock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import { systemRandom } from '../kernel/random.ts';
import { generateAssertionKey } from './assertion.ts';
import type { Gate } from './call.ts';
import { Slots } from './limits/slots.ts';
import { Windows } from './limits/windows.ts';
import { ThreadMetrics } from './metrics.ts';
import { Pipeline } from './pipeline.ts';
import { Catalogue } from './snapshot/catalogue.ts';
import { Freshness } from './snapshot/freshness.ts';
import { State } from './snapshot/state.ts';
import { openGate } from './thread/serve.ts';
import type { ContentWatch, Exchange, ForwardOptions } from './wire/exchange.ts';
import { UsedProofs } from './tokens/proofs.ts';

/** The key from which the gate derives HMAC secrets. */
export const sampleFleetKey = Buffer.alloc(32, 7);

const silent: Log = { debug() {}, info() {}, warn() {}, error() {}, child: () => silent };
const tenantOf = (object: SnapshotObject): string => (object.kind === 'tenant' ? object.key : object.tenant);

/** The result of a call. */
export interface Outcome {
  /** 200: forwarded. */
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly fields: ReadonlyMap<string, string>;
  /** The fields that the gateway adds to the request. */
  readonly sent: ReadonlyMap<string, string>;
  readonly dropped: ReadonlySet<string>;
  /** The target at the upstream; empty: the call was not forwarded. */
  readonly target: string;
  /** The fields that the gateway adds to the answer of a forwarded call. */
  readonly answer: ReadonlyMap<string, string>;
  /** The check of the content. */
  readonly watch: ContentWatch | undefined;
}

export interface SampleCall {
  readonly method?: string;
  readonly host?: string;
  readonly peer?: string;
  /** Bytes of content, which the test does not send; -1: chunked. */
  readonly contentLength?: number;
}

export class SampleGate {
  /** Wall clock, milliseconds. It advances only when it is set. */
  nowMs = Date.UTC(2026, 0, 15, 12);
  readonly gate: Gate;
  readonly #folder = mkdtempSync(join(tmpdir(), 'tulou-tokens-'));
  readonly #pipeline: Pipeline;
  readonly #catalogue = new Catalogue();
  #seq = 0;

  /** `proofs`: the number of used proofs that can be remembered. */
  constructor({ proofs = 64 } = {}) {
    const clock: Clock = { ...systemClock, now: () => this.nowMs };
    this.gate = openGate(
      {
        place: 1,
        threads: 1,
        platformUrl: 'https://platform.test',
        gatewayUrl: 'https://gateway.test',
        upstreamAllow: [],
        fleetKey: sampleFleetKey,
        trustedProxies: ['198.51.100.0/24'],
        accessLog: false,
        usageFolder: this.#folder,
        segmentPrefix: 'g-b-1',
        assertionKey: generateAssertionKey(),
        seed: { low: 1, high: 2 },
        windows: Windows.memoryFor(256),
        slots: Slots.memoryFor(64, 1),
        metrics: ThreadMetrics.memory(),
        usedProofs: UsedProofs.memoryFor(proofs),
        proofsSinceSeconds: 0,
        freshness: Freshness.memory(),
        heartbeat: new SharedArrayBuffer(4),
      },
      { clock, random: systemRandom, log: silent, tell: () => undefined },
    );
    this.gate.freshness.confirm(this.nowMs);
    this.#pipeline = new Pipeline(this.gate, undefined);
  }

  publish(...objects: readonly SnapshotObject[]): void {
    this.#tell(objects.map((object) => ({ ...envelope(object), object })));
  }

  drop(...objects: readonly SnapshotObject[]): void {
    this.#tell(objects.map((object) => ({ ...envelope(object), object: null })));
  }

  #tell(lines: readonly { kind: string; key: string; tenant: string; object: unknown }[]): void {
    this.#seq += 1;
    const { message } = this.#catalogue.apply(
      { epoch: 'e', seq: this.#seq, full: this.#seq === 1, count: lines.length },
      lines.map((line) => ({ seq: this.#seq, ...line })),
    );
    this.gate.state = State.next(this.gate.state, message());
  }

  /** Objects that the door rejected. */
  get quarantined(): number {
    return this.#catalogue.quarantined;
  }

  /** `peer`: the address of the client; a trusted proxy's is in 198.51.100.0/24. */
  call(target: string, fields: readonly string[], { peer = '192.0.2.1', ...head }: SampleCall = {}): Outcome {
    let status = 200;
    let text = '{}';
    let answer: readonly string[] = [];
    let forwarded: ForwardOptions | undefined;
    const exchange: Exchange = {
      head: { method: 'GET', target, host: 'gateway.test', minor: 1, fields: [...fields], contentLength: 0, ...head },
      remoteAddress: peer,
      secure: false,
      context: undefined,
      respond: (code, answered, body) => {
        status = code;
        answer = answered;
        text = body;
      },
      forward: (options) => void (forwarded = options),
    };
    this.#pipeline.begin(exchange);
    const { code = '', detail = '' } = JSON.parse(text) as { code?: string; detail?: string };
    const sent = pairs(forwarded?.addFields ?? []);
    return {
      status,
      code,
      detail,
      fields: pairs(answer),
      sent,
      target: forwarded?.target ?? '',
      dropped: forwarded?.dropFields ?? new Set(),
      answer: pairs(forwarded?.answerFields ?? []),
      watch: forwarded?.watch,
    };
  }

  async close(): Promise<void> {
    await this.gate.spool.close();
    this.gate.calls.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

const envelope = (object: SnapshotObject) => ({ kind: object.kind, key: object.key, tenant: tenantOf(object) });
const pairs = (fields: readonly string[]): Map<string, string> =>
  new Map(Array.from({ length: fields.length / 2 }, (_, i) => [fields[2 * i] ?? '', fields[2 * i + 1] ?? '']));
