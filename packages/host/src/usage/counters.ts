/** Usage of services, by revision and minute, in whole numbers. */
import type { HostedService, ReportedUsage } from '@tulou/contract/hosting';

type Sums = { -readonly [K in keyof ReportedUsage]: ReportedUsage[K] };
type Figure = 'requests' | 'errors' | 'cpu_ms' | 'memory_mb_ms' | 'egress_bytes' | 'cold_starts';
type Subject = Pick<HostedService, 'id' | 'environment'>;

const minuteMs = 60_000;

export class Counters {
  readonly #sums = new Map<string, Sums>();

  add(
    service: Subject,
    revision: ReportedUsage['revision'],
    nowMs: number,
    figures: Partial<Record<Figure, number>>,
  ): void {
    const minute = Math.floor(nowMs / minuteMs) * minuteMs;
    const key = `${service.id} ${service.environment} ${revision} ${minute}`;
    const sums = this.#sums.get(key) ?? empty(service, revision, minute);
    this.#sums.set(key, sums);
    for (const [figure, value] of Object.entries(figures)) sums[figure as Figure] += Math.max(0, Math.round(value));
  }

  /** Takes sums out: the caller keeps them until they are confirmed. */
  take(max: number): ReportedUsage[] {
    const keys = [...this.#sums.keys()].slice(0, max);
    return keys.flatMap((key) => {
      const sums = this.#sums.get(key);
      this.#sums.delete(key);
      return sums === undefined ? [] : [sums];
    });
  }
}

const empty = ({ id, environment }: Subject, revision: ReportedUsage['revision'], minute: number): Sums => ({
  ...{ service: id, environment, revision, minute_ms: minute },
  ...{ requests: 0, errors: 0, cpu_ms: 0, memory_mb_ms: 0, egress_bytes: 0, cold_starts: 0 },
});
