/** The role host: runs what control says should run, and takes the calls for it. Needs no database and no control to go on. */
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { idFromUuid } from '@tulou/contract/ids';
import type { DesiredState, HostedRevision, HostedService, ReportedInstance } from '@tulou/contract/hosting';
import { Artifacts } from './artifacts/artifacts.ts';
import type { Clock, Random, Timer } from './clock.ts';
import { openControlClient, type ControlOptions } from './control/client.ts';
import { openFeed, type Feed } from './control/feed.ts';
import { Reports } from './control/reports.ts';
import type { Instance, RuntimeDriver } from './drivers/driver.ts';
import { openIngress, type Ingress, type IngressAddress } from './ingress/ingress.ts';
import { Logs, type Tags } from './logs/logs.ts';
import { Reconciler } from './reconcile/reconciler.ts';
import type { Observer } from './reconcile/runner.ts';
import type { InstanceId } from './reconcile/state.ts';
import { openSandbox } from './sandbox/sandbox.ts';
import { Counters } from './usage/counters.ts';
import { Meter } from './usage/meter.ts';

export interface HostOptions {
  /** Data folder of the role. Other users can reach it where the host runs as root. */
  readonly dir: string;
  readonly control: ControlOptions;
  readonly ingress: IngressAddress;
}

export interface HostLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface HostParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: HostLog;
  /** By default the driver `sandbox` of this machine. */
  readonly driver?: RuntimeDriver;
}

export interface RunningHost {
  readonly id: string;
  readonly urls: { readonly ingress: string };
  readonly capabilities: RuntimeDriver['capabilities'];
  instances(): readonly ReportedInstance[];
  /** Settles when there is a desired state, from disk or from control. */
  readonly configured: Promise<void>;
  /** Ends calls within `drainMs`, then all instances. */
  stop(): Promise<void>;
}

const sampleEveryMs = 1000;
const flushEveryMs = 250;
const drainMs = 10_000;

export async function openHost(options: HostOptions, parts: HostParts): Promise<RunningHost> {
  const host = await Host.open(options, parts);
  await host.begin(options.ingress);
  return host;
}

interface Inside {
  readonly parts: HostParts;
  readonly driver: RuntimeDriver;
  readonly closed: AbortController;
  readonly reconciler: Reconciler;
  readonly artifacts: Artifacts;
  readonly logs: Logs;
  readonly meter: Meter;
  readonly reports: Reports;
  readonly feed: Feed;
}

class Host implements RunningHost {
  readonly #inside: Inside;
  readonly #timers: Timer[] = [];
  #ingress: Ingress | undefined;

  private constructor(inside: Inside) {
    this.#inside = inside;
  }

  static async open({ dir, control }: HostOptions, parts: HostParts): Promise<Host> {
    const { clock, random, log } = parts;
    await mkdir(dir, { recursive: true });
    // As root, instances run as other users, who must pass through.
    await chmod(dir, 0o711);
    const driver = parts.driver ?? (await openSandbox({ dir: join(dir, 'sandbox') }, clock));
    const { limits, ownUser } = driver.capabilities;
    if (limits !== 'cgroup' || !ownUser) log.warn({ driver: driver.name, limits, ownUser }, weaker);
    const closed = new AbortController();
    const client = openControlClient(control, closed.signal);
    const artifacts = new Artifacts(join(dir, 'artifacts'), (digest) => client.artifact(digest));
    await artifacts.open();
    const logs = new Logs(join(dir, 'logs'), clock);
    const counters = new Counters();
    const meter = new Meter(counters, clock);
    const reconciler = new Reconciler({
      driver,
      clock,
      roll: () => rollOf(random),
      newInstanceId: () => idFromUuid('instance', uuidOf(clock, random)),
      prepare: (revision) => artifacts.prepare(revision),
      observer: observerOf(logs, counters, meter, clock),
    });
    const reports = await Reports.open({
      ...{ dir, clock, client, counters, logs, newHostId: () => idFromUuid('host', uuidOf(clock, random)) },
      instances: () => reconciler.instances(),
    });
    const apply = (desired: DesiredState): void => {
      reconciler.apply(desired);
      log.info({ version: desired.version, services: desired.services.length }, 'the desired state is applied');
    };
    const failed = (error: unknown): void =>
      log.warn({ cause: String(error) }, 'control can not be reached; what runs goes on');
    const feed = openFeed({ clock, client, path: join(dir, 'desired.json'), apply, failed });
    return new Host({ parts, driver, closed, reconciler, artifacts, logs, meter, reports, feed });
  }

  async begin(address: IngressAddress): Promise<void> {
    const { parts, reconciler, logs, meter, artifacts } = this.#inside;
    const { clock } = parts;
    this.#ingress = await openIngress(address, {
      clock,
      acquire: (service, environment, signal) => reconciler.acquire(service, environment, signal),
    });
    const sample = (): Promise<void> =>
      reconciler.eachInstance((service, revision, instance) => meter.sample(service, revision.id, instance));
    this.#timers.push(
      clock.every(flushEveryMs, () => logs.flush()),
      clock.every(sampleEveryMs, sample),
      clock.every(collectEveryMs, () => artifacts.keepOnly(reconciler.digests()).catch(() => undefined)),
    );
  }

  get id(): string {
    return this.#inside.reports.host;
  }

  get urls(): { readonly ingress: string } {
    return { ingress: this.#ingress?.url ?? '' };
  }

  get capabilities(): RuntimeDriver['capabilities'] {
    return this.#inside.driver.capabilities;
  }

  get configured(): Promise<void> {
    return this.#inside.feed.first;
  }

  instances(): readonly ReportedInstance[] {
    return this.#inside.reconciler.instances();
  }

  async stop(): Promise<void> {
    const { feed, reconciler, reports, logs, driver, closed } = this.#inside;
    await feed.stop();
    await this.#ingress?.stop(drainMs);
    for (const timer of this.#timers) timer.cancel();
    await reconciler.stop();
    await driver.close();
    await logs.flush();
    await reports.stop();
    closed.abort();
  }
}

/** Nothing uses an artifact for this long before it is deleted. */
const collectEveryMs = 600_000;
const weaker =
  'this host limits instances less than it could: give it control groups (systemd: Delegate=yes) and run it as root';

function observerOf(logs: Logs, counters: Counters, meter: Meter, clock: Clock): Observer {
  const tagsOf = (service: HostedService, revision: HostedRevision['id'], instance: InstanceId): Tags => ({
    ...{ service: service.id, environment: service.environment, revision, instance },
  });
  return {
    started(service: HostedService, revision: HostedRevision, id: InstanceId, instance: Instance) {
      const tags = tagsOf(service, revision.id, id);
      const stdout = logs.follow(tags, 'stdout', instance.stdout);
      const stderr = logs.follow(tags, 'stderr', instance.stderr);
      meter.begin(service, revision.id, instance);
      return () => [stdout(), stderr()].filter((text) => text !== '').join('\n');
    },
    listens: (service, revision) => counters.add(service, revision.id, clock.now(), { cold_starts: 1 }),
    called: (service, revision, isError) =>
      counters.add(service, revision.id, clock.now(), { requests: 1, errors: isError ? 1 : 0 }),
    says: (service, revision, instance, text) => logs.say(tagsOf(service, revision, instance), text),
  };
}

/** In [0, 1). */
function rollOf(random: Random): number {
  const bytes = random.bytes(4);
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) / 2 ** 32;
}

/** A UUID of version 7 (RFC 9562 §5.7). */
function uuidOf(clock: Clock, random: Random): string {
  const bytes = Buffer.from(random.bytes(16));
  bytes.writeUIntBE(clock.now(), 0, 6);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
