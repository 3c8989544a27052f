/** All services that the host runs, as the desired state names them. */
import { Problem } from '@tulou/contract';
import type { DesiredState, HostedRevision, HostedService, ReportedInstance } from '@tulou/contract/hosting';
import type { Timer } from '../clock.ts';
import type { Instance } from '../drivers/driver.ts';
import { Runner, type Lease, type RunnerParts } from './runner.ts';

/** How often time alone is looked at: idle instances, late starts, pauses before a restart. */
const lookEveryMs = 100;

export class Reconciler {
  readonly #parts: RunnerParts;
  readonly #runners = new Map<string, Runner>();
  readonly #looking: Timer;
  #named = new Set<string>();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    this.#looking = parts.clock.every(lookEveryMs, () => this.#look());
  }

  apply(desired: DesiredState): void {
    this.#named = new Set(desired.services.map(keyOf));
    for (const service of desired.services) {
      const runner = this.#runners.get(keyOf(service));
      if (runner === undefined) this.#runners.set(keyOf(service), new Runner(service, this.#parts));
      else runner.update(service);
    }
    for (const [key, runner] of this.#runners) if (!this.#named.has(key)) runner.retire();
    this.#look();
  }

  async acquire(service: string, environment: string, signal: AbortSignal): Promise<Lease> {
    const runner = this.#runners.get(`${service} ${environment}`);
    if (runner === undefined)
      throw new Problem('service_unavailable', { detail: 'this host does not run the service in this environment' });
    return runner.acquire(signal);
  }

  instances(): ReportedInstance[] {
    return [...this.#runners.values()].flatMap((runner) => runner.instances());
  }

  /** Digests of artifacts that something may be started from. */
  digests(): Set<string> {
    return new Set([...this.#runners.values()].flatMap((runner) => runner.digests));
  }

  async eachInstance(
    visit: (service: HostedService, revision: HostedRevision, instance: Instance) => Promise<void>,
  ): Promise<void> {
    for (const runner of this.#runners.values())
      await runner.eachInstance((revision, instance) => visit(runner.service, revision, instance));
  }

  /** Ends all instances; running calls are cut. Callers drain first. */
  async stop(): Promise<void> {
    this.#looking.cancel();
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
  }

  #look(): void {
    for (const [key, runner] of this.#runners) {
      runner.advance();
      if (runner.isEmpty && !this.#named.has(key)) this.#runners.delete(key);
    }
  }
}

const keyOf = ({ id, environment }: HostedService): string => `${id} ${environment}`;
