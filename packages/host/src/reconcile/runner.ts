/** Runs one service in one environment: applies decisions to the driver, and gives calls an instance. */
import { Problem } from '@tulou/contract';
import type { HostedRevision, HostedService, ReportedInstance } from '@tulou/contract/hosting';
import type { Clock } from '../clock.ts';
import type { Ending, Instance, RuntimeDriver } from '../drivers/driver.ts';
import { decide, freeInstance, type Action } from './decide.ts';
import { isFallback, routeOf } from './split.ts';
import {
  instanceEnds,
  instanceListens,
  instanceStarts,
  newService,
  retarget,
  startFails,
  type InstanceId,
  type InstanceState,
  type RevisionState,
  type RevisionTarget,
} from './state.ts';
import { Waiters } from './waiters.ts';

/**
 * `broken`: the connection broke, so the instance may have ended. `late`: there was no answer in time. `left`: the caller
 * has ended the call.
 */
export type Outcome = 'ok' | 'error' | 'broken' | 'late' | 'left';

/** The right to send one call to an instance. */
export interface Lease {
  readonly socketPath: string;
  readonly revision: HostedRevision;
  readonly instance: string;
  /** The call has ended; the first outcome counts. */
  done(outcome: Outcome): void;
}

/** Logs and counters of the host. */
export interface Observer {
  /** Attached before the instance runs. Returns the last lines that it wrote. */
  started(service: HostedService, revision: HostedRevision, id: InstanceId, instance: Instance): () => string;
  listens(service: HostedService, revision: HostedRevision): void;
  called(service: HostedService, revision: HostedRevision, isError: boolean): void;
  /** A line of the host's own in the log of the service. */
  says(service: HostedService, revision: HostedRevision['id'], instance: InstanceId, text: string): void;
}

export interface RunnerParts {
  readonly driver: RuntimeDriver;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly roll: () => number;
  readonly newInstanceId: () => InstanceId;
  /** The folder of an unpacked artifact. Fails with `ArtifactFault` where the artifact itself is at fault. */
  readonly prepare: (revision: HostedRevision) => Promise<string>;
  readonly observer: Observer;
}

/** The artifact can't be used, on any host. */
export class ArtifactFault extends Error {
  override readonly name = 'ArtifactFault';
}

interface Past {
  readonly endedAtMs: number;
  readonly instance: ReportedInstance;
}

class Rerouted extends Error {}

export const waitingMax = 1000;
const stopGraceMs = 2000;
const suspectMs = 250;
/** How long an ended instance is reported, and how many of them. */
const pastMs = 60_000;
const pastMax = 20;
const detailCharactersMax = 1000;

interface Running {
  readonly startedAtMs: number;
  readonly instance: Instance;
  readonly tail: () => string;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #state = newService();
  readonly #specs = new Map<string, HostedRevision>();
  readonly #running = new Map<string, Running>();
  readonly #waiters = new Map<string, Waiters<Lease>>();
  readonly #work = new Set<Promise<void>>();
  #past: Past[] = [];
  #service: HostedService;

  constructor(service: HostedService, parts: RunnerParts) {
    this.#parts = parts;
    this.#service = service;
    this.update(service);
  }

  update(service: HostedService): void {
    this.#service = service;
    for (const revision of service.revisions) this.#specs.set(revision.id, revision);
    retarget(this.#state, service.release, service.revisions.map(targetOf));
    this.advance();
  }

  /** The service is no longer named: its instances drain and end. */
  retire(): void {
    retarget(this.#state, '', []);
    this.advance();
  }

  get service(): HostedService {
    return this.#service;
  }

  get isEmpty(): boolean {
    return this.#state.revisions.size === 0 && this.#work.size === 0;
  }

  get digests(): string[] {
    return [...this.#specs.values()].map(({ artifact }) => artifact.digest);
  }

  /** An instance for a call, now or when one is ready. */
  async acquire(signal: AbortSignal): Promise<Lease> {
    const begunMs = this.#parts.clock.monotonic();
    for (;;) {
      try {
        return await this.#acquireOnce(begunMs, signal);
      } catch (error) {
        if (!(error instanceof Rerouted)) throw error;
      }
    }
  }

  async #acquireOnce(begunMs: number, signal: AbortSignal): Promise<Lease> {
    const route = routeOf(this.#state, this.#parts.roll());
    if (route.revision === undefined) throw new Problem('service_unavailable', { detail: route.detail });
    const { revision } = route;
    const free = freeInstance(revision);
    const waiters = this.#waitersOf(revision);
    if (free !== undefined && waiters.size === 0) return this.#lease(revision, free);
    if (waiters.size >= waitingMax)
      throw new Problem('overloaded', { detail: `${waitingMax} calls wait for this service already` });
    const late = (): Error => new Problem('service_unavailable', { detail: lateDetail(revision) });
    const leftMs = begunMs + this.#specOf(revision).limits.request_timeout_ms - this.#parts.clock.monotonic();
    const waiting = waiters.wait(Math.max(0, leftMs), late, signal);
    this.advance();
    try {
      return await waiting;
    } finally {
      this.advance();
    }
  }

  /** Applies what there is to do now. Runs after each event, and by the clock for what only time decides. */
  advance(): void {
    for (const revision of this.#state.revisions.values()) revision.waiting = this.#waitersOf(revision).size;
    for (const action of decide(this.#state, this.#parts.clock.monotonic())) this.#apply(action);
    for (const revision of this.#state.revisions.values()) this.#serve(revision);
  }

  async stop(): Promise<void> {
    this.retire();
    await Promise.all([...this.#running.values()].map(({ instance }) => instance.stop(stopGraceMs)));
    await Promise.all(this.#work);
  }

  /** All that exist now, and those that ended in the last minute. */
  instances(): ReportedInstance[] {
    const oldest = this.#parts.clock.monotonic() - pastMs;
    this.#past = this.#past.filter(({ endedAtMs }) => endedAtMs >= oldest).slice(-pastMax);
    return [...this.#past.map(({ instance }) => instance), ...this.#present()];
  }

  #present(): ReportedInstance[] {
    return [...this.#state.revisions.values()].flatMap((revision) => {
      const base = {
        service: this.#service.id,
        environment: this.#service.environment,
        revision: this.#specOf(revision).id,
      };
      const level = this.#parts.driver.capabilities.level;
      return [...revision.instances.values()].map(({ id, phase, fault }) => ({
        ...base,
        id,
        state: phase === 'stopping' ? ('draining' as const) : phase,
        detail: (fault ?? (phase === 'starting' ? revision.detail : undefined))?.slice(0, detailCharactersMax) ?? null,
        isolation: level,
        restarts: revision.restarts,
        started_at_ms: this.#running.get(id)?.startedAtMs ?? this.#parts.clock.now(),
      }));
    });
  }

  async eachInstance(visit: (revision: HostedRevision, instance: Instance) => Promise<void>): Promise<void> {
    for (const revision of this.#state.revisions.values())
      for (const id of revision.instances.keys()) {
        const running = this.#running.get(id);
        if (running !== undefined) await visit(this.#specOf(revision), running.instance);
      }
  }

  #apply(action: Action): void {
    const { revision } = action;
    if (action.kind === 'start') return this.#track(this.#run(revision));
    if (action.kind === 'forget') {
      this.#state.revisions.delete(revision.target.id);
      this.#specs.delete(revision.target.id);
      this.#waiters.delete(revision.target.id);
      return undefined;
    }
    const { instance } = action;
    if (action.kind === 'drain') {
      Object.assign(instance, { phase: 'draining', sinceMs: this.#parts.clock.monotonic() });
      if (instance.calls === 0) this.#stop(instance);
      return undefined;
    }
    instance.fault ??= action.fault;
    return this.#stop(instance);
  }

  #stop(instance: InstanceState): void {
    instance.phase = 'stopping';
    const running = this.#running.get(instance.id);
    if (running !== undefined) this.#track(running.instance.stop(stopGraceMs));
  }

  async #run(revision: RevisionState): Promise<void> {
    const { clock, driver, prepare, observer, newInstanceId } = this.#parts;
    const spec = this.#specOf(revision);
    const state = instanceStarts(revision, newInstanceId(), Infinity);
    try {
      const folder = await prepare(spec);
      const { developer, tenant, environment } = this.#service;
      const domain = { developer, tenant: tenant.id, environment };
      const { kind, entry, variables, limits } = spec;
      const instance = await driver.start({ id: state.id, domain, kind, folder, entry, variables, limits });
      if (state.phase === 'starting') state.sinceMs = clock.monotonic();
      const tail = observer.started(this.#service, spec, state.id, instance);
      this.#running.set(state.id, { instance, tail, startedAtMs: clock.now() });
      this.#track(this.#follow(revision, spec, state, instance, tail));
      if (state.phase === 'stopping') this.#track(instance.stop(0));
    } catch (error) {
      this.#refuse(revision, spec, state, error);
    }
    this.advance();
  }

  #refuse(revision: RevisionState, spec: HostedRevision, state: InstanceState, error: unknown): void {
    const detail = error instanceof Error ? error.message : String(error);
    this.#parts.observer.says(this.#service, spec.id, state.id, `The instance could not start: ${detail}`);
    this.#remember(revision, spec, state, detail);
    const now = this.#parts.clock.monotonic();
    if (error instanceof ArtifactFault) instanceEnds(revision, state, detail, now);
    else startFails(revision, state, detail, now);
  }

  async #follow(
    revision: RevisionState,
    spec: HostedRevision,
    state: InstanceState,
    instance: Instance,
    tail: () => string,
  ): Promise<void> {
    const { clock, observer } = this.#parts;
    if ((await instance.listening) && instanceListens(revision, state, clock.monotonic())) {
      observer.listens(this.#service, spec);
      this.advance();
    }
    const ending = await instance.ended;
    const detail = detailOf(ending, spec, tail());
    const isFault = state.phase !== 'stopping' || state.fault !== undefined;
    this.#remember(revision, spec, state, isFault ? (state.fault ?? detail) : undefined);
    this.#running.delete(state.id);
    if (isFault) observer.says(this.#service, spec.id, state.id, `The instance has ended: ${state.fault ?? detail}`);
    instanceEnds(revision, state, detail, clock.monotonic());
    this.advance();
  }

  /** Gives free instances to waiting calls. Calls of a revision that has failed, or has left the release, are routed again. */
  #serve(revision: RevisionState): void {
    const waiters = this.#waitersOf(revision);
    for (let free = freeInstance(revision); waiters.size > 0 && free !== undefined; free = freeInstance(revision))
      waiters.next(this.#lease(revision, free));
    const isRoutable = revision.isTargeted ? revision.proof !== 'failed' : isFallback(this.#state, revision);
    if (waiters.size > 0 && !isRoutable) waiters.failAll(new Rerouted());
  }

  #lease(revision: RevisionState, instance: InstanceState): Lease {
    const { clock, observer } = this.#parts;
    const spec = this.#specOf(revision);
    instance.calls += 1;
    const begunMs = clock.monotonic();
    let isDone = false;
    return {
      socketPath: this.#running.get(instance.id)?.instance.socketPath ?? '',
      revision: spec,
      instance: instance.id,
      done: (outcome) => {
        if (isDone) return;
        isDone = true;
        instance.calls -= 1;
        instance.lastCallMs = clock.monotonic();
        observer.called(this.#service, spec, outcome !== 'ok' && outcome !== 'left');
        if (outcome === 'broken') this.#suspect(instance);
        if (outcome === 'late' && instance.lastAnswerMs < begunMs) this.#replace(instance, spec);
        if (outcome === 'ok' || outcome === 'error') instance.lastAnswerMs = clock.monotonic();
        this.advance();
      },
    };
  }

  /** `fault`: why it failed; undefined: the host has stopped it. */
  #remember(revision: RevisionState, spec: HostedRevision, state: InstanceState, fault: string | undefined): void {
    const instance: ReportedInstance = {
      ...{ id: state.id, service: this.#service.id, environment: this.#service.environment, revision: spec.id },
      state: fault === undefined ? 'stopped' : 'failed',
      detail: fault?.slice(0, detailCharactersMax) ?? null,
      isolation: this.#parts.driver.capabilities.level,
      restarts: revision.restarts,
      started_at_ms: this.#running.get(state.id)?.startedAtMs ?? this.#parts.clock.now(),
    };
    this.#past.push({ endedAtMs: this.#parts.clock.monotonic(), instance });
  }

  /** Sends no call to it until its end would have been seen. */
  #suspect(instance: InstanceState): void {
    instance.isSuspect = true;
    this.#parts.clock.after(suspectMs, () => {
      instance.isSuspect = false;
      this.advance();
    });
  }

  /** It has answered no call for a whole time-out: it loops, or waits for ever. Its other calls may still end. */
  #replace(instance: InstanceState, { limits }: HostedRevision): void {
    if (instance.phase !== 'ready') return;
    instance.fault = `it answered no call for ${limits.request_timeout_ms} ms, so another takes its place.`;
    Object.assign(instance, { phase: 'draining', sinceMs: this.#parts.clock.monotonic() });
  }

  #waitersOf({ target: { id } }: RevisionState): Waiters<Lease> {
    const known = this.#waiters.get(id) ?? new Waiters<Lease>(this.#parts.clock);
    this.#waiters.set(id, known);
    return known;
  }

  #specOf({ target: { id } }: RevisionState): HostedRevision {
    const spec = this.#specs.get(id);
    if (spec === undefined) throw new Error(`revision ${id} has no specification`);
    return spec;
  }

  #track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }
}

const targetOf = ({ id, weight, instances, limits }: HostedRevision): RevisionTarget => ({
  id,
  weight,
  min: instances.min,
  max: instances.max,
  idleMs: instances.idle_ms,
  concurrency: limits.concurrency,
  startTimeoutMs: limits.start_timeout_ms,
});

const lateDetail = ({ target, detail }: RevisionState): string =>
  `no instance of revision ${target.id} was free in time${detail === undefined ? '' : `; the last start failed: ${detail}`}`;

function detailOf({ reason, code, signal }: Ending, { limits }: HostedRevision, tail: string): string {
  const how = signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`;
  const cause =
    reason === 'memory'
      ? `it exceeded its memory limit of ${limits.memory_mb} MiB. Raise memory_mb or use less.`
      : `${how}.`;
  return tail === '' ? cause : `${cause} Its last lines: ${tail}`.slice(0, detailCharactersMax);
}
