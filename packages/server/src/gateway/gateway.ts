/**
 * The gateway: a main thread that holds the configuration, ships usage, keeps the counters and answers operators; and
 * threads that serve calls. It starts from its disk, or from control, and needs neither to go on.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openAdmin } from '../http/admin.ts';
import type { Listener } from '../http/listen.ts';
import type { Clock, Timer } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';
import type { Random } from '../kernel/random.ts';
import type { Address, RunningRole } from '../kernel/role.ts';
import { takeDataFolder } from './data-lock.ts';
import { keepFleetKey, readFleetKey } from './fleet.ts';
import { openIdentity, Registration } from './identity.ts';
import { Checkpoint, readCheckpoint } from './limits/checkpoint.ts';
import { Slots } from './limits/slots.ts';
import { Windows } from './limits/windows.ts';
import { renderMetrics, ThreadMetrics } from './metrics.ts';
import { Configuration } from './snapshot/configuration.ts';
import type { ThreadSetup } from './thread/messages.ts';
import { ThreadPool } from './thread/pool.ts';
import { UsedProofs } from './tokens/proofs.ts';
import type { AllowedClass } from '../http/address-guard.ts';
import { CallShipper, callsWaitingMax } from './calls/ship.ts';
import { Shipper } from './usage/ship.ts';

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
  readonly accessLog: boolean;
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
  const lock = takeDataFolder(options.dataDir);
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
  readonly #lock: { release(): void };
  readonly #configuration: Configuration;
  readonly #shipper: Shipper;
  readonly #calls: CallShipper;
  readonly #registration: Registration;
  readonly #memories: Pick<ThreadSetup, 'windows' | 'slots' | 'usedProofs' | 'freshness'>;
  readonly #usedProofs: UsedProofs;
  readonly #windows: Windows;
  readonly #slots: Slots;
  readonly #checkpoint: Checkpoint;
  readonly #metrics: ThreadMetrics[];
  readonly #setup: (place: number, serial: number, threads: number) => ThreadSetup;
  #fleetKey: Buffer | undefined;
  #pool: ThreadPool | undefined;
  #admin: Listener | undefined;
  #housekeeping: Timer | undefined;
  #draining = false;
  #callsLost = 0;

  constructor(options: GatewayOptions, deps: GatewayDeps, lock: { release(): void }) {
    const { dataDir, controlUrl, nodeToken } = options;
    const { clock, random, log } = deps;
    const usageFolder = join(dataDir, 'usage');
    mkdirSync(usageFolder, { recursive: true, mode: 0o700 });
    const identity = openIdentity(dataDir, clock, random);
    const { seed, records } = readCheckpoint(dataDir, random);
    const boot = Buffer.from(random.bytes(6)).toString('hex');
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
    this.#windows = new Windows(this.#memories.windows, options.threads + 1);
    this.#slots = new Slots(this.#memories.slots, options.threads, options.threads + 1);
    this.#usedProofs = new UsedProofs(this.#memories.usedProofs, {
      owner: options.threads + 1,
      seed,
      sinceSeconds: Math.ceil(clock.now() / 1000),
    });
    for (const record of records) this.#windows.restore(record, clock.now());
    this.#checkpoint = new Checkpoint(dataDir, seed, this.#windows, deps);
    this.#shipper = new Shipper({ folder: usageFolder, controlUrl, nodeToken }, { ...deps, fetch });
    this.#calls = new CallShipper(
      { controlUrl, nodeToken, prefix: `${identity.id}-${boot}`, waitingMax: callsWaitingMax },
      { ...deps, fetch },
    );
    this.#fleetKey = readFleetKey(dataDir);
    const onFleetKey = (key: Buffer): void => this.#takeFleetKey(key);
    this.#registration = new Registration(controlUrl, nodeToken, identity, { clock, log, fetch, onFleetKey });
    this.#setup = (place, serial) => ({
      place,
      threads: options.threads,
      platformUrl: options.platformUrl,
      gatewayUrl: options.gatewayUrl,
      upstreamAllow: options.upstreamAllow,
      trustedProxies: options.trustedProxies ?? [],
      accessLog: options.accessLog,
      usageFolder,
      segmentPrefix: `${identity.id}-${boot}-${serial}`,
      assertionKey: identity.key,
      fleetKey: this.#fleetKey,
      seed,
      ...this.#memories,
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
        onSegment: (id) => this.#shipper.add(id),
        onCalls: (taken) => this.#calls.take(taken),
        onDeath: (setup) => this.#bury(setup),
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
    keepFleetKey(this.#options.dataDir, key);
  }

  async #keepHouse(): Promise<void> {
    this.#checkpoint.save();
    await this.#configuration.keepHouse();
  }

  /** What a dead thread held is given back; its open segment is closed and shipped. */
  #bury(setup: ThreadSetup): void {
    this.#windows.table.releaseLocksOf(setup.place);
    this.#slots.releaseAllOf(setup.place);
    this.#usedProofs.table.releaseLocksOf(setup.place);
    this.#callsLost += this.#metrics[setup.place - 1]?.buried() ?? 0;
    this.#shipper.recover(`${setup.segmentPrefix}-`);
  }

  #unready(): string | undefined {
    if (this.#draining) return 'draining';
    const reason = this.#configuration.unready();
    if (reason !== undefined) return reason;
    return (this.#pool?.serving ?? 0) === 0 ? 'no thread serves' : undefined;
  }

  #render(): string {
    return renderMetrics(this.#metrics, {
      ...this.#configuration.figures(),
      threads: this.#pool?.serving ?? 0,
      threadDeaths: this.#pool?.deaths ?? 0,
      spoolBytes: this.#shipper.bytes,
      spoolSegments: this.#shipper.segments,
      spoolRefused: this.#shipper.refused,
      callsLost: this.#callsLost,
      callsShipped: this.#shipper.callsShipped,
      recordsWaiting: this.#calls.waiting,
      recordsLeftOut: this.#calls.leftOut,
      counterSlots: this.#windows.table.countTaken(),
      counterEvictions: this.#windows.table.evictions,
    });
  }
}
