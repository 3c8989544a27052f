/**
 * The gateway: a main thread that holds the configuration, ships usage, keeps the counters and answers operators; and
 * threads that serve calls. It starts from its disk, or from control, and needs neither to go on.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { openAdmin } from '../http/admin.ts';
import type { Listener } from '../http/listen.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { Address, RunningRole } from '../kernel/role.ts';
import { makeFolder, takeDataFolder, type DataLock } from './data-lock.ts';
import { keepFleetKey, readFleetKey } from './fleet.ts';
import { keepIdentity, openIdentity, Registration, type GatewayIdentity } from './identity.ts';
import { Checkpoint, readCheckpoint } from './limits/checkpoint.ts';
import { Slots } from './limits/slots.ts';
import { SteadyTime } from './limits/steady.ts';
import { Windows } from './limits/windows.ts';
import { renderMetrics, ThreadMetrics } from './metrics.ts';
import { Configuration } from './snapshot/configuration.ts';
import { hungBounds, type HungBounds } from '../kernel/hung.ts';
import { Heartbeat } from './thread/heartbeat.ts';
import type { ThreadSetup } from './thread/messages.ts';
import { ThreadPool } from './thread/pool.ts';
import { UsedProofs } from './tokens/proofs.ts';
import type { AllowedClass } from '../http/address-guard.ts';
import { CallShipper, callsWaitingMax } from './calls/ship.ts';
import { spoolBounds } from './usage/segment.ts';
import type { Ingress } from './upstream/ingress.ts';
import { sealingBoot, Shipper } from './usage/ship.ts';

export interface GatewayOptions {
  readonly listen: Address;
  readonly admin: Address;
  /** Holds identity, configuration, counters and usage; one gateway process at a time. */
  readonly dataDir: string;
  readonly controlUrl: string;
  readonly nodeToken: string;
  /** Issuer of the assertions. */
  readonly platformUrl: string;
  /** Public address of the calls: what a proof of possession must name. */
  readonly gatewayUrl: string;
  readonly threads: number;
  readonly upstreamAllow: readonly AllowedClass[];
  /** Addresses and CIDR blocks of proxies before this gateway; absent: there are none. */
  readonly trustedProxies?: readonly string[];
  /** Where the host of this machine takes calls to its services; absent: there is none. */
  readonly ingress?: Ingress | undefined;
  readonly accessLog: boolean;
  /** When a thread counts as hung. */
  readonly hung?: HungBounds;
}

export interface GatewayDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
}

const counterSlots = 1024 * 1024;
const concurrencySlots = 64 * 1024;
/** Used proofs are remembered for two minutes, nonces of signed requests for five: enough for eight thousand calls a second. */
const proofSlots = 2 * 1024 * 1024;
const housekeepingMs = 1000;
const drainMs = 10_000;
const lastShippingMs = 3000;

/** Starts a gateway; resolves when it listens. Rejects where a port or the data folder cannot be had. */
export async function startGateway(options: GatewayOptions, deps: GatewayDeps): Promise<RunningRole> {
  const lock = takeDataFolder(options.dataDir, deps.log);
  try {
    const gateway = new Gateway(options, deps, lock);
    await gateway.start();
    return gateway;
  } catch (error) {
    lock.release();
    throw error;
  }
}

class Gateway implements RunningRole {
  readonly #options: GatewayOptions;
  readonly #deps: GatewayDeps;
  readonly #lock: DataLock;
  readonly #usageFolder: string;
  readonly #identity: GatewayIdentity;
  readonly #configuration: Configuration;
  readonly #shipper: Shipper;
  readonly #calls: CallShipper;
  readonly #registration: Registration;
  readonly #memories: Pick<ThreadSetup, 'windows' | 'slots' | 'usedProofs' | 'freshness'>;
  readonly #usedProofs: UsedProofs;
  readonly #windows: Windows;
  readonly #slots: Slots;
  readonly #checkpoint: Checkpoint;
  readonly #time: SteadyTime;
  /** Calls that threads have handed over, by place, as long as control does not have them. */
  readonly #handed = new Map<number, number>();
  readonly #metrics: ThreadMetrics[];
  readonly #setup: (place: number, serial: number, threads: number) => ThreadSetup;
  #fleetKey: Buffer | undefined;
  #pool: ThreadPool | undefined;
  #admin: Listener | undefined;
  #housekeeping: Timer | undefined;
  #fleetKeyKept: Buffer | undefined;
  #filesFail = false;
  #draining = false;
  #callsLost = 0;

  constructor(options: GatewayOptions, deps: GatewayDeps, lock: DataLock) {
    const { dataDir, controlUrl, nodeToken } = options;
    const { clock, random, log } = deps;
    const usageFolder = join(dataDir, 'usage');
    this.#usageFolder = usageFolder;
    makeFolder(usageFolder, log);
    makeFolder(join(dataDir, 'snapshot'), log);
    const identity = openIdentity(dataDir, deps);
    this.#identity = identity;
    const { seed, records } = readCheckpoint(dataDir, deps);
    const boot = `${sealingBoot}${Buffer.from(random.bytes(6)).toString('hex')}`;
    this.#options = options;
    this.#deps = deps;
    this.#lock = lock;
    this.#configuration = new Configuration(
      { folder: join(dataDir, 'snapshot'), controlUrl, nodeToken, tell: (message) => this.#pool?.tell(message) },
      { ...deps, fetch },
    );
    this.#memories = {
      windows: Windows.memoryFor(counterSlots),
      slots: Slots.memoryFor(concurrencySlots, options.threads),
      usedProofs: UsedProofs.memoryFor(proofSlots),
      freshness: this.#configuration.freshness.memory,
    };
    this.#metrics = Array.from({ length: options.threads }, () => new ThreadMetrics(ThreadMetrics.memory()));
    this.#time = new SteadyTime(clock);
    this.#windows = new Windows(this.#memories.windows, options.threads + 1, this.#time);
    this.#slots = new Slots(this.#memories.slots, options.threads, options.threads + 1);
    this.#usedProofs = new UsedProofs(this.#memories.usedProofs, {
      owner: options.threads + 1,
      seed,
      sinceSeconds: Math.ceil(clock.now() / 1000),
    });
    for (const record of records) this.#windows.restore(record, clock.now());
    this.#checkpoint = new Checkpoint(dataDir, seed, this.#windows, { ...deps, time: this.#time });
    this.#shipper = new Shipper({ folder: usageFolder, controlUrl, nodeToken }, { ...deps, fetch });
    this.#calls = new CallShipper(
      { controlUrl, nodeToken, prefix: `${identity.id}-${boot}`, waitingMax: callsWaitingMax },
      { ...deps, fetch },
    );
    this.#fleetKey = readFleetKey(dataDir, log);
    const onFleetKey = (key: Buffer): void => this.#takeFleetKey(key);
    this.#registration = new Registration(controlUrl, nodeToken, identity, { clock, log, fetch, onFleetKey });
    this.#setup = (place, serial) => ({
      place,
      threads: options.threads,
      platformUrl: options.platformUrl,
      gatewayUrl: options.gatewayUrl,
      upstreamAllow: options.upstreamAllow,
      trustedProxies: options.trustedProxies ?? [],
      ingress: options.ingress,
      accessLog: options.accessLog,
      usageFolder,
      segmentPrefix: `${identity.id}-${boot}-${serial}`,
      assertionKey: identity.key,
      fleetKey: this.#fleetKey,
      seed,
      ...this.#memories,
      heartbeat: Heartbeat.memory(),
      steady: { memory: this.#time.memory, aheadMs: this.#time.aheadMs },
      proofsSinceSeconds: this.#usedProofs.sinceSeconds,
      metrics: (this.#metrics[place - 1] ?? new ThreadMetrics(ThreadMetrics.memory())).memory,
    });
  }

  get urls(): Record<string, string> {
    const { host, port } = this.#pool?.address ?? this.#options.listen;
    const name = host.includes(':') ? `[${host}]` : host;
    return { gateway: `http://${name}:${port}`, admin: this.#admin?.url ?? '' };
  }

  async start(): Promise<void> {
    const { clock } = this.#deps;
    // What earlier processes left, before threads of this one write there.
    this.#shipper.recover('');
    this.#pool = await ThreadPool.open(
      {
        listen: this.#options.listen,
        threads: this.#options.threads,
        setup: this.#setup,
        state: () => this.#configuration.everything(),
        onSegment: (id, sealed) => this.#shipper.add(id, sealed),
        onCalls: (taken) => this.#calls.take(taken),
        onHanded: (place, message) => this.#hold(place, message),
        hung: this.#options.hung ?? hungBounds,
        onDeath: (setup) => this.#takeBack(setup),
      },
      this.#deps,
    );
    await this.#serve(this.#pool).catch(async (error: unknown) => {
      await this.#pool?.stop(0);
      throw error;
    });
    this.#configuration.run();
    void this.#shipper.run();
    void this.#calls.run();
    void this.#registration.run();
    this.#housekeeping = clock.every(housekeepingMs, () => this.#keepHouse());
  }

  async #serve(pool: ThreadPool): Promise<void> {
    this.#configuration.load();
    await pool.listen();
    this.#admin = await openAdmin(
      {
        listen: this.#options.admin,
        ready: () => Promise.resolve(this.#unready()),
        note: () => this.#configuration.note(),
        metrics: () => this.#render(),
      },
      this.#deps,
    );
  }

  async stop(): Promise<void> {
    this.#draining = true;
    await this.#pool?.stop(drainMs);
    this.#configuration.stop();
    this.#registration.stop();
    this.#housekeeping?.cancel();
    await this.#shipper.flush(lastShippingMs);
    this.#shipper.stop();
    await this.#calls.close();
    this.#checkpoint.close();
    await this.#configuration.close();
    await this.#admin?.close();
    this.#lock.release();
  }

  #takeFleetKey(key: Buffer): void {
    if (this.#fleetKey?.equals(key) === true) return;
    this.#fleetKey = key;
    this.#pool?.tell({ type: 'fleet', key });
    this.#keepFiles();
  }

  /** The small files of the folder, anew where they are missing. A disk that refuses is tried again the next second. */
  #keepFiles(): void {
    const { dataDir } = this.#options;
    try {
      if (!existsSync(this.#usageFolder)) makeFolder(this.#usageFolder, this.#deps.log);
      if (!existsSync(join(dataDir, 'identity.json'))) keepIdentity(dataDir, this.#identity);
      if (this.#fleetKey !== undefined && this.#fleetKey !== this.#fleetKeyKept) keepFleetKey(dataDir, this.#fleetKey);
      this.#fleetKeyKept = this.#fleetKey;
      this.#filesFail = false;
    } catch (error) {
      if (!this.#filesFail) this.#deps.log.error({ error: String(error) }, 'small files of the gateway cannot be kept');
      this.#filesFail = true;
    }
  }

  /** Somebody may have removed or replaced the data folder: it is made again, with all that this process knows. */
  #keepFolder(): void {
    if (this.#lock.isInForce) return this.#keepFiles();
    this.#deps.log.error(
      { folder: this.#options.dataDir },
      'the data folder was removed or replaced while the gateway runs; its files are written anew',
    );
    try {
      this.#lock.retake();
      makeFolder(this.#usageFolder, this.#deps.log);
      this.#fleetKeyKept = undefined;
      this.#keepFiles();
    } catch (error) {
      this.#deps.log.error({ error: String(error) }, 'the data folder cannot be taken again');
    }
  }

  #hold(place: number, { segment, bytes, calls }: { segment: string; bytes: Uint8Array; calls: number }): void {
    this.#handed.set(place, calls);
    this.#shipper.hold(segment, bytes, () => {
      this.#handed.delete(place);
      this.#pool?.tellOne(place, { type: 'taken', segment });
    });
  }

  async #keepHouse(): Promise<void> {
    this.#keepFolder();
    this.#time.follow(this.#deps.log);
    this.#checkpoint.save();
    const isUnready = this.#unready() !== undefined;
    for (const metrics of this.#metrics) metrics.unready = isUnready;
    await this.#configuration.keepHouse();
  }

  /** What a dead thread held is given back; its open segment is closed and shipped. */
  #takeBack(setup: ThreadSetup): void {
    this.#windows.table.releaseLocksOf(setup.place);
    this.#slots.releaseAllOf(setup.place);
    this.#usedProofs.table.releaseLocksOf(setup.place);
    const lost = (this.#metrics[setup.place - 1]?.buried() ?? 0) - (this.#handed.get(setup.place) ?? 0);
    if (lost > 0)
      this.#deps.log.error(
        { calls: lost },
        'answered calls were in the memory of a thread that died: they are not counted',
      );
    this.#callsLost += Math.max(0, lost);
    this.#shipper.recover(`${setup.segmentPrefix}-`);
  }

  #unready(): string | undefined {
    if (this.#draining) return 'draining';
    const reason = this.#configuration.unready();
    if (reason !== undefined) return reason;
    if ((this.#pool?.serving ?? 0) === 0) return 'no thread serves';
    return this.#writesFail();
  }

  /** Why the gateway should get no new calls although it can serve: what it must keep, it cannot. */
  #writesFail(): string | undefined {
    const pending = Math.max(...this.#metrics.map((metrics) => metrics.pending));
    if (pending >= spoolBounds.pendingMax)
      return 'usage cannot be recorded: calls are refused (spool_full); free some disk space';
    if (pending > 0) return 'usage cannot be written to the disk; free some space, or see the log';
    if (this.#configuration.isBehind)
      return 'the configuration cannot be kept on the disk; free some space, or see the log';
    return this.#checkpoint.fails || this.#filesFail ? 'the data folder cannot be written; see the log' : undefined;
  }

  #render(): string {
    return renderMetrics(this.#metrics, {
      ...this.#configuration.figures(),
      threads: this.#pool?.serving ?? 0,
      threadDeaths: this.#pool?.deaths ?? 0,
      threadHangs: this.#pool?.hangs ?? 0,
      spoolBytes: this.#shipper.bytes,
      spoolSegments: this.#shipper.segments,
      spoolRefused: this.#shipper.refused,
      spoolDamaged: this.#shipper.damaged,
      spoolMissing: this.#shipper.missing,
      callsLost: this.#callsLost,
      callsShipped: this.#shipper.callsShipped,
      recordsWaiting: this.#calls.waiting,
      recordsLeftOut: this.#calls.leftOut,
      counterSlots: this.#windows.table.countTaken(),
      counterEvictions: this.#windows.table.evictions,
    });
  }
}
