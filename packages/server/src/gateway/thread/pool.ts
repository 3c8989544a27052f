/**
 * The serving threads. It starts them on one port, passes changes to them, and replaces a thread that dies or hangs. The
 * places, locks and in-flight counts of a dead thread in shared memory are released, and its open segment is shipped.
 */
import { createServer } from 'node:net';
import { Worker } from 'node:worker_threads';
import type { Clock, Timer } from '../../kernel/clock.ts';
import { HungJudge, type HungBounds } from '../../kernel/hung.ts';
import type { Log } from '../../kernel/log.ts';
import type { Address } from '../../kernel/role.ts';
import type { CallsTaken } from '../calls/log.ts';
import type { SnapshotMessage } from '../snapshot/messages.ts';
import { Heartbeat } from './heartbeat.ts';
import type { FromThread, ThreadSetup, ToThread } from './messages.ts';

/** A thread that dies immediately after each start must not use up the processor time of the machine. */
const restartDelayMs = 200;
const lookEveryMs = 1000;

export interface PoolOptions {
  readonly listen: Address;
  readonly threads: number;
  /** The setup of a thread at a place. `serial` is different for each thread ever started. */
  readonly setup: (place: number, serial: number, threads: number) => ThreadSetup;
  /** The state to start with; undefined: none yet. */
  readonly state: () => SnapshotMessage | undefined;
  readonly onCalls: (taken: CallsTaken) => void;
  readonly onSegment: (id: string, sealed: boolean) => void;
  /** A segment that the disk refused. */
  readonly onHanded: (place: number, message: Extract<FromThread, { type: 'handed' }>) => void;
  readonly hung: HungBounds;
  /** A thread has ended. `setup` is the setup that it had. */
  readonly onDeath: (setup: ThreadSetup) => void;
}

export interface PoolDeps {
  readonly clock: Clock;
  readonly log: Log;
}

interface Member {
  readonly setup: ThreadSetup;
  readonly worker: Worker;
  /** Settles when the thread has started to listen, has drained, or has died. */
  onListening: (port: number) => void;
  onFailure: (error: Error) => void;
  onDrained: () => void;
  readonly heartbeat: Heartbeat;
  readonly judge: HungJudge;
  /** The thread was found to hang, and is being ended. */
  isEnding: boolean;
}

export class ThreadPool {
  /** The number of threads that died without a request to end. */
  deaths = 0;
  /** The number of threads among them that hung and were ended. */
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
   * Starts the threads without serving, so that they load their code while the caller reads its disk. Rejects with the
   * system's error if the address is not available.
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

  /** Sends the state to the threads and starts serving. If any port may be used, the first thread finds one. */
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

  /** Sends a message to the thread at one place. */
  tellOne(place: number, message: ToThread): void {
    this.#members.get(place)?.worker.postMessage(message);
  }

  tell(message: ToThread): void {
    for (const { worker } of this.#members.values()) worker.postMessage(message);
  }

  /** Lets all threads finish their calls, for at most `graceMs`, and ends them. */
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

  /** Ends a thread that hangs. Its end starts a successor. */
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
    else if (message.type === 'calls') this.#options.onCalls(message);
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
    this.#deps.log.error({ thread: place }, 'a thread died; another one replaces it');
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

/** With a shared port a second gateway would not fail but take half of the calls, so the port is first tried without sharing. */
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
