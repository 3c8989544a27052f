/** Reports to control: numbered, kept on disk until they are confirmed, sent again until then. */
import { join } from 'node:path';
import { hostReport, hostingLimits, type HostReport, type ReportedInstance } from '@tulou/contract/hosting';
import { z } from 'zod';
import type { Clock, Timer } from '../clock.ts';
import type { Logs } from '../logs/logs.ts';
import type { Counters } from '../usage/counters.ts';
import type { ControlClient } from './client.ts';
import { readState, writeState } from './state-file.ts';

interface ReportParts {
  readonly dir: string;
  readonly clock: Clock;
  readonly client: ControlClient;
  readonly newHostId: () => HostReport['host'];
  readonly counters: Counters;
  readonly logs: Logs;
  readonly instances: () => readonly ReportedInstance[];
}

const state = z.object({ host: hostReport.shape.host, seq: z.int().min(0), pending: hostReport.optional() });
type State = z.output<typeof state>;

/** Without changes, a report says that the host lives. */
const quietMsMax = 10_000;
const everyMs = 1000;

export class Reports {
  readonly #parts: ReportParts;
  readonly #path: string;
  #state: State;
  #timer: Timer | undefined;
  #sentAtMs = -Infinity;
  #lastInstances = '';
  #isStopped = false;

  private constructor(parts: ReportParts, path: string, known: State) {
    this.#parts = parts;
    this.#path = path;
    this.#state = known;
  }

  static async open(parts: ReportParts): Promise<Reports> {
    const path = join(parts.dir, 'reports.json');
    const known = (await readState(path, state)) ?? { host: parts.newHostId(), seq: 0 };
    const reports = new Reports(parts, path, known);
    reports.#timer = parts.clock.every(everyMs, () => reports.send().catch(() => undefined));
    return reports;
  }

  get host(): HostReport['host'] {
    return this.#state.host;
  }

  /** Sends what there is. Fails where control is away; the report stays pending. */
  async send(): Promise<void> {
    if (this.#state.pending === undefined) await this.#make();
    const { pending } = this.#state;
    if (pending === undefined) return;
    const taken = await this.#parts.client.report(pending);
    this.#sentAtMs = this.#parts.clock.monotonic();
    // Control may know this host by a later number, if its disk was set back.
    this.#state = { host: this.#state.host, seq: Math.max(taken, pending.seq) };
    await writeState(this.#path, this.#state);
  }

  /** Sends the last report, if control is there. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.send().catch(() => undefined);
    this.#isStopped = true;
    if (this.#state.pending === undefined) await this.send().catch(() => undefined);
  }

  async #make(): Promise<void> {
    const { counters, logs, clock } = this.#parts;
    const instances = this.#parts.instances().slice(0, hostingLimits.reportInstancesMax);
    const usage = counters.take(hostingLimits.reportUsageMax);
    const shape = JSON.stringify(instances);
    const isQuiet = usage.length === 0 && logs.queued === 0 && shape === this.#lastInstances;
    if (isQuiet && !this.#isStopped && clock.monotonic() - this.#sentAtMs < quietMsMax) return;
    this.#lastInstances = shape;
    const lines = logs.take(hostingLimits.reportLogLinesMax);
    const report: HostReport = { host: this.#state.host, seq: this.#state.seq + 1, instances, usage, logs: lines };
    this.#state = { ...this.#state, pending: report };
    await writeState(this.#path, this.#state);
  }
}
