/** Turns figures of running instances into usage: differences of processor time, memory over time. */
import type { HostedRevision, HostedService } from '@tulou/contract/hosting';
import type { Clock } from '../clock.ts';
import type { Instance, InstanceStats } from '../drivers/driver.ts';
import type { Counters } from './counters.ts';

interface Seen {
  readonly cpuMs: number;
  readonly atMs: number;
}

const bytesPerMb = 1024 * 1024;

export class Meter {
  readonly #counters: Counters;
  readonly #clock: Clock;
  readonly #seen = new Map<string, Seen>();

  constructor(counters: Counters, clock: Clock) {
    this.#counters = counters;
    this.#clock = clock;
  }

  /** Counts from the start of the instance, and once more when it has ended. */
  begin(service: HostedService, revision: HostedRevision['id'], instance: Instance): void {
    this.#seen.set(instance.id, { cpuMs: 0, atMs: this.#clock.monotonic() });
    void instance.ended.then(() => this.sample(service, revision, instance)).then(() => this.#seen.delete(instance.id));
  }

  async sample(service: HostedService, revision: HostedRevision['id'], instance: Instance): Promise<void> {
    const stats = await instance.stats();
    const before = this.#seen.get(instance.id);
    if (before === undefined) return;
    const atMs = this.#clock.monotonic();
    const cpuMs = Math.max(before.cpuMs, Math.round(stats.cpuMs));
    this.#seen.set(instance.id, { cpuMs, atMs });
    const memory = memoryMbMs(stats, atMs - before.atMs);
    this.#counters.add(service, revision, this.#clock.now(), { cpu_ms: cpuMs - before.cpuMs, memory_mb_ms: memory });
  }
}

const memoryMbMs = ({ memoryBytes }: InstanceStats, elapsedMs: number): number =>
  (memoryBytes / bytesPerMb) * elapsedMs;
