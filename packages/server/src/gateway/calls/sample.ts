/**
 * Decides which calls of a thread get a record, with token buckets. Refusals and errors have one bucket, other answers
 * another, so a flood of successful calls never displaces the record of a refusal. A provider has two such buckets, and each
 * calling tenant gets half of them, so no tenant displaces the others.
 */
export interface SampleBounds {
  /** The burst of records, and the rate per second after it. */
  readonly refusedBurst: number;
  readonly refusedPerSecond: number;
  readonly answeredBurst: number;
  readonly answeredPerSecond: number;
  /** The limit for all tenants together. */
  readonly allPerSecond: number;
}

/** Limits of a gateway; each of its threads gets a part. At most 1,140 records of a provider in the first minute, then 840. */
export const sampleBounds: SampleBounds = {
  refusedBurst: 200,
  refusedPerSecond: 10,
  answeredBurst: 100,
  answeredPerSecond: 4,
  allPerSecond: 2000,
};

const providersMax = 4096;
const consumersPerProviderMax = 1024;

class Bucket {
  #tokens: number;
  #atMs: number;
  readonly #burst: number;
  readonly #perMs: number;

  constructor(burst: number, perSecond: number, nowMs: number) {
    this.#burst = Math.max(1, burst);
    this.#perMs = perSecond / 1000;
    this.#tokens = this.#burst;
    this.#atMs = nowMs;
  }

  has(nowMs: number): boolean {
    const passedMs = Math.max(0, nowMs - this.#atMs);
    this.#tokens = Math.min(this.#burst, this.#tokens + passedMs * this.#perMs);
    this.#atMs = nowMs;
    return this.#tokens >= 1;
  }

  take(): void {
    this.#tokens -= 1;
  }
}

interface Pair {
  readonly refused: Bucket;
  readonly answered: Bucket;
}

interface Provider extends Pair {
  /** By id of the calling tenant; '': no valid credential. */
  readonly consumers: Map<string, Pair>;
}

export class CallSample {
  readonly #bounds: SampleBounds;
  readonly #threads: number;
  readonly #providers = new Map<string, Provider>();
  readonly #all: Bucket;

  constructor(bounds: SampleBounds, threads: number, nowMs: number) {
    this.#bounds = bounds;
    this.#threads = threads;
    this.#all = new Bucket(bounds.allPerSecond / threads, bounds.allPerSecond / threads, nowMs);
  }

  /** Returns whether this call gets a record. `nowMs` comes from a clock that never goes back. */
  keeps(provider: string, consumer: string, isRefused: boolean, nowMs: number): boolean {
    const kind = isRefused ? 'refused' : 'answered';
    const whole = this.#provider(provider, nowMs);
    const [own, part] = [whole[kind], this.#consumer(whole, consumer, nowMs)[kind]];
    if (!own.has(nowMs) || !part.has(nowMs) || !this.#all.has(nowMs)) return false;
    own.take();
    part.take();
    this.#all.take();
    return true;
  }

  #provider(provider: string, nowMs: number): Provider {
    const known = this.#providers.get(provider);
    if (known !== undefined) return known;
    if (this.#providers.size >= providersMax) this.#providers.clear();
    const fresh = { ...this.#pair(this.#threads, nowMs), consumers: new Map<string, Pair>() };
    this.#providers.set(provider, fresh);
    return fresh;
  }

  #consumer({ consumers }: Provider, consumer: string, nowMs: number): Pair {
    const known = consumers.get(consumer);
    if (known !== undefined) return known;
    if (consumers.size >= consumersPerProviderMax) consumers.clear();
    const fresh = this.#pair(this.#threads * 2, nowMs);
    consumers.set(consumer, fresh);
    return fresh;
  }

  #pair(parts: number, nowMs: number): Pair {
    const { refusedBurst, refusedPerSecond, answeredBurst, answeredPerSecond } = this.#bounds;
    return {
      refused: new Bucket(refusedBurst / parts, refusedPerSecond / parts, nowMs),
      answered: new Bucket(answeredBurst / parts, answeredPerSecond / parts, nowMs),
    };
  }
}
