/** One serving thread: its pipeline on its own listener. Runs in a worker; `worker.ts` wires it. */
import { addressGuard } from '../../http/address-guard.ts';
import { TrustedProxies } from '../../http/trusted-proxies.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';
import type { Random } from '../../kernel/random.ts';
import { AccessLog } from '../access-log.ts';
import { AssertionSigner } from '../assertion.ts';
import type { Gate } from '../call.ts';
import { CallLog } from '../calls/log.ts';
import { cookieKeeper } from '../cookies.ts';
import { Keyring } from '../keyring.ts';
import { Signers } from '../signatures/signers.ts';
import { Slots } from '../limits/slots.ts';
import { SteadyTime } from '../limits/steady.ts';
import { Windows } from '../limits/windows.ts';
import { ThreadMetrics } from '../metrics.ts';
import { Pipeline } from '../pipeline.ts';
import { RequestIds, TraceIds } from '../request-id.ts';
import { Freshness } from '../snapshot/freshness.ts';
import { State } from '../snapshot/state.ts';
import { Strangers } from '../strangers.ts';
import { UsedProofs } from '../tokens/proofs.ts';
import { Tokens } from '../tokens/tokens.ts';
import { diskFiles, Spool, spoolBounds } from '../usage/segment.ts';
import type { WireLimits } from '../wire/exchange.ts';
import { openWireServer, type WireServer } from '../wire/server.ts';
import type { FromThread, ThreadSetup, ToThread } from './messages.ts';

/** Verified keys that a thread remembers. */
const rememberedKeysMax = 20_000;
/** Verified tokens that a thread remembers, in characters: some ten thousand of usual length. */
const rememberedTokenCharactersMax = 8 * 1024 * 1024;

export const wireLimits: WireLimits = {
  connectionsMax: 20_000,
  headBytesMax: 32 * 1024,
  fieldsMax: 100,
  targetBytesMax: 8 * 1024,
  headTimeoutMs: 15_000,
  bodyTimeoutMs: 30_000,
  bodyGraceMs: 60_000,
  bodyBytesPerSecondMin: 8 * 1024,
  gatheredBytesMax: 64 * 1024,
  gatheredBytesAllMax: 64 * 1024 * 1024,
  writeTimeoutMs: 30_000,
  keepAliveMs: 75_000,
  requestsPerConnectionMax: 1_000_000,
  bufferedBytesMax: 256 * 1024,
  upstreamConnectionsMax: 512,
  upstreamIdleMs: 30_000,
  connectTimeoutMs: 5000,
};

export interface ServeDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  readonly tell: (message: FromThread) => void;
  /** Says that the thread turns, while it does what takes long. */
  readonly beat: () => void;
}

export class ServingThread {
  readonly #gate: Gate;
  readonly #pipeline: Pipeline;
  readonly #setup: ThreadSetup;
  readonly #deps: ServeDeps;
  #server: WireServer | undefined;

  constructor(setup: ThreadSetup, deps: ServeDeps) {
    this.#setup = setup;
    this.#deps = deps;
    this.#gate = openGate(setup, deps);
    this.#pipeline = new Pipeline(this.#gate, setup.accessLog ? new AccessLog(this.#gate.metrics) : undefined);
  }

  async take(message: ToThread): Promise<void> {
    if (message.type === 'snapshot') {
      this.#gate.state = State.next(this.#gate.state, message, this.#deps.beat);
    } else if (message.type === 'fleet') this.#gate.fleetKey = message.key;
    else if (message.type === 'taken') this.#gate.spool.taken(message.segment);
    else if (message.type === 'listen') await this.#listen(message);
    else await this.#drain(message.graceMs);
  }

  async #listen({ listen, reusePort }: Extract<ToThread, { type: 'listen' }>): Promise<void> {
    try {
      this.#server = await openWireServer({
        listen,
        reusePort,
        limits: wireLimits,
        handler: this.#pipeline,
        clock: this.#deps.clock,
        guard: addressGuard(this.#setup.upstreamAllow),
      });
      this.#deps.tell({ type: 'listening', port: this.#server.address.port });
    } catch (error) {
      const { code = 'unknown', message } = error as NodeJS.ErrnoException;
      this.#deps.tell({ type: 'not_listening', code, message });
    }
  }

  async #drain(graceMs: number): Promise<void> {
    this.#gate.draining = true;
    await this.#server?.drain(graceMs);
    await this.#gate.spool.close();
    this.#gate.calls.close();
    this.#deps.tell({ type: 'drained' });
  }
}

const steadyTimeOf = ({ steady }: ThreadSetup, clock: Clock): SteadyTime | undefined =>
  steady === undefined ? undefined : new SteadyTime(clock, steady.memory, steady.aheadMs);

/** All that the steps of a thread work with. */
export function openGate(setup: ThreadSetup, { clock, random, log, tell }: Omit<ServeDeps, 'beat'>): Gate {
  const metrics = new ThreadMetrics(setup.metrics);
  return {
    state: undefined,
    draining: false,
    clock,
    log,
    seed: setup.seed,
    keyring: new Keyring(setup.seed, rememberedKeysMax),
    signers: new Signers(setup.seed, rememberedKeysMax),
    fleetKey: setup.fleetKey,
    tokens: new Tokens(setup.seed, rememberedTokenCharactersMax),
    usedProofs: new UsedProofs(setup.usedProofs, {
      owner: setup.place,
      seed: setup.seed,
      sinceSeconds: setup.proofsSinceSeconds,
    }),
    proxies: new TrustedProxies(setup.trustedProxies),
    ingress: setup.ingress,
    freshness: new Freshness(setup.freshness),
    keepCookie: cookieKeeper(setup.platformUrl),
    platformUrl: setup.platformUrl,
    gatewayUrl: setup.gatewayUrl,
    windows: new Windows(setup.windows, setup.place, steadyTimeOf(setup, clock)),
    slots: new Slots(setup.slots, setup.threads, setup.place),
    spool: new Spool({
      folder: setup.usageFolder,
      prefix: setup.segmentPrefix,
      bounds: spoolBounds,
      files: diskFiles,
      clock,
      onClosed: (segment, sealed) => tell({ type: 'closed', segment, sealed }),
      onHandedOver: (segment, bytes, calls) => tell({ type: 'handed', segment, bytes, calls }),
      onPending: (calls) => metrics.setPending(calls),
      onFault: (error) => log.error({ error: String(error) }, 'usage cannot be written; it is kept in memory for now'),
    }),
    signer: new AssertionSigner(setup.assertionKey, setup.platformUrl),
    requestIds: new RequestIds(clock, random),
    traceIds: new TraceIds(random),
    metrics,
    strangers: new Strangers(),
    calls: new CallLog({ threads: setup.threads, clock, tell: (taken) => tell({ type: 'calls', ...taken }) }),
  };
}
