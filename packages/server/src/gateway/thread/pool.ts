/**
 * The serving threads: starts them on one port, tells them what changes, replaces one that dies or hangs. What a dead one
 * held in shared memory (locks, places, in-flight counts) is taken back, and its open segment is shipped.
 */
import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../kernel/clock.ts';
import { HungJudge, type HungBounds } from '../../kernel/hung.ts';
import type { Log } from '../../kernel/log.ts';
import type { Address } from '../../kernel/role.ts';
import type { SnapshotMessage } from '../snapshot/messages.ts';
import { Heartbeat } from './heartbeat.ts';
import type { FromThread, ThreadSetup, ToThread } from './messages.ts';

/** A thread that dies at once again and again must not turn the machine into a heater. */
const restartDelayMs = 200;
const lookEveryMs = 1000;

export interface PoolOptions {
  readonly listen: Address;
  readonly threads: number;
  /** The setup of a thread at a place; `serial` is another one for each thread ever started. */
  readonly setup: (place: number, serial: number, threads: number) => ThreadSetup;
  /** The state to start with; undefined: none yet. */
  readonly state: () => SnapshotMessage | undefined;
  readonly onSegment: (id: string, sealed: boolean) => void;
  /** A segment that the disk did not take. */
  readonly onHanded: (place: number, message: Extract<FromThread, { type: 'handed' }>) => void;
  readonly hung: HungBounds;
  /** A thread is gone: `setup` is the one that it had. */
  readonly onDeath: (setup: ThreadSetup) => void;
}

export interface PoolDeps {
  readonly clock: Clock;
  readonly log: Log;
}

interface Member {
  readonly setup: ThreadSetup;
  readonly worker: Worker;
  /** Settles when it has listened, drained, or died. */
  onListening: (port: number) => void;
  onFailure: (error: Error) => void;
  onDrained: () => void;
  readonly heartbeat: Heartbeat;
  readonly judge: HungJudge;
  /** It was found to hang, and is being ended. */
  isEnding: boolean;
}

export class ThreadPool {
  /** Threads that died without being asked to end. */
  deaths = 0;
  /** Of those, threads that hung and were ended. */
  hangs = 0;
  readonly #options: PoolOptions;
  readonly #deps: PoolDeps;
  readonly #members = new Map<number, Member>();
  readonly #threads: number;
  readonly #reusePort: boolean;
  #address: Address;
  #serial = 0;
  #stopping = false;
  #looking: Timer | undefined;

  private constructor(options: PoolOptions, deps: PoolDeps, threads: number) {
    this.#options = options;
    this.#deps = deps;
    this.#threads = threads;
    this.#reusePort = threads > 1;
    this.#address = options.listen;
  }

  /**
   * Brings the threads up without serving, so that they load their code while the caller reads its disk. Rejects with the
   * system's error where the address cannot be had.
   */
  static async open(options: PoolOptions, deps: PoolDeps): Promise<ThreadPool> {
    await assertFree(options.listen);
    const shared = options.threads > 1 && (await canSharePort(options.listen.host));
    if (!shared && options.threads > 1) deps.log.warn({}, 'ports cannot be shared here: one thread serves');
    const pool = new ThreadPool(options, deps, shared ? options.threads : 1);
    for (let place = 1; place <= pool.#threads; place += 1) pool.#bring(place);
    pool.#looking = deps.clock.every(lookEveryMs, () => pool.#look());
    return pool;
  }

  /** Tells the threads the state and lets them serve. The first one finds the port where any is asked for. */
  async listen(): Promise<void> {
    const state = this.#options.state();
    const members = [...this.#members.values()];
    for (const { worker } of members) if (state !== undefined) worker.postMessage(state);
    const [first, ...others] = members;
    if (first === undefined) throw new Error('a thread ended before it listened');
    this.#address = { host: this.#options.listen.host, port: await this.#listening(first) };
    await Promise.all(others.map((member) => this.#listening(member)));
  }

  get address(): Address {
    return this.#address;
  }

  get serving(): number {
    return this.#members.size;
  }

  /** Tells the thread at one place. */
  tellOne(place: number, message: ToThread): void {
    this.#members.get(place)?.worker.postMessage(message);
  }

  tell(message: ToThread): void {
    for (const { worker } of this.#members.values()) worker.postMessage(message);
  }

  /** Lets all threads finish their calls, at most `graceMs`, and ends them. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    this.#looking?.cancel();
    await Promise.all(Array.from(this.#members.values(), (member) => this.#drain(member, graceMs)));
  }

  async #drain(member: Member, graceMs: number): Promise<void> {
    const drained = new Promise<void>((resolve) => (member.onDrained = resolve));
    member.worker.postMessage({ type: 'drain', graceMs } satisfies ToThread);
    const late = this.#deps.clock.after(graceMs + 5000, member.onDrained);
    await drained;
    late.cancel();
    await member.worker.terminate();
  }

  #bring(place: number): Member {
    this.#serial += 1;
    const setup = this.#options.setup(place, this.#serial, this.#threads);
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: setup,
      name: `gateway ${place}`,
    });
    const nothing = (): void => undefined;
    const member: Member = {
      setup,
      worker,
      onListening: nothing,
      onFailure: nothing,
      onDrained: nothing,
      heartbeat: new Heartbeat(setup.heartbeat),
      judge: new HungJudge(this.#options.hung),
      isEnding: false,
    };
    this.#members.set(place, member);
    worker.on('message', (message: FromThread) => this.#hear(member, message));
    worker.on('error', (error) => this.#deps.log.error({ thread: place, error: String(error) }, 'a thread failed'));
    worker.on('exit', () => this.#onExit(place, member));
    return member;
  }

  /** Ends a thread that hangs; its end brings another. */
  async #look(): Promise<void> {
    for (const member of this.#members.values()) {
      if (member.isEnding) continue;
      const usage = await member.worker.cpuUsage().catch(() => undefined);
      const cpuMs = usage === undefined ? undefined : (usage.user + usage.system) / 1000;
      const reason = member.judge.look(member.heartbeat.beats, cpuMs, this.#deps.clock.monotonic());
      if (reason === undefined || this.#stopping) continue;
      member.isEnding = true;
      this.hangs += 1;
      this.#deps.log.error({ thread: member.setup.place, reason }, 'a thread hangs; it is ended');
      void member.worker.terminate();
    }
  }

  #listening(member: Member): Promise<number> {
    return new Promise((resolve, reject) => {
      member.onListening = resolve;
      member.onFailure = reject;
      const message = { type: 'listen', listen: this.#address, reusePort: this.#reusePort } satisfies ToThread;
      member.worker.postMessage(message);
    });
  }

  #hear(member: Member, message: FromThread): void {
    if (message.type === 'closed') this.#options.onSegment(message.segment, message.sealed);
    else if (message.type === 'handed') this.#options.onHanded(member.setup.place, message);
    else if (message.type === 'log') this.#deps.log[message.level](message.fields, message.message);
    else if (message.type === 'listening') member.onListening(message.port);
    else if (message.type === 'drained') member.onDrained();
    else member.onFailure(Object.assign(new Error(message.message), { code: message.code }));
  }

  #onExit(place: number, member: Member): void {
    this.#members.delete(place);
    member.onDrained();
    member.onFailure(new Error('a thread ended before it listened'));
    this.#options.onDeath(member.setup);
    if (this.#stopping) return;
    this.deaths += 1;
    this.#deps.log.error({ thread: place }, 'a thread died; another takes its place');
    this.#deps.clock.after(restartDelayMs, () => void this.#replace(place));
  }

  async #replace(place: number): Promise<void> {
    if (this.#stopping) return;
    const member = this.#bring(place);
    const state = this.#options.state();
    if (state !== undefined) member.worker.postMessage(state);
    await this.#listening(member).catch((error: unknown) => {
      this.#deps.log.error({ thread: place, error: String(error) }, 'a thread cannot be started');
      void member.worker.terminate();
    });
  }
}

/**
 * With a shared port a second gateway would not fail but take half of the calls: so the port is tried alone first.
 */
function assertFree(listen: Address): Promise<void> {
  return listen.port === 0 ? Promise.resolve() : tryListening({ ...listen });
}

async function canSharePort(host: string): Promise<boolean> {
  return tryListening({ host, port: 0, reusePort: true }).then(
    () => true,
    () => false,
  );
}

function tryListening(options: { host: string; port: number; reusePort?: boolean }): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(options, () => server.close(() => resolve()));
  });
}
