/**
 * Before work: the admission and order of requests of the control API. A request whose credential was valid a moment ago
 * waits in the lane of its tenant. Every other request waits in the lane of its address until its credential is
 * verified. Bodies are received before a place is taken, so that a slow sender holds none.
 */
import { availableParallelism } from 'node:os';
import { Readable } from 'node:stream';
import { limits, Problem, type Operation } from '@tulou/contract';
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import { Lanes, type Leave } from '../http/lanes.ts';
import { networkOf } from '../http/network.ts';
import { Rates } from '../http/rates.ts';
import { openAdmissions, type admissionMetrics, type Admissions } from '../http/refusals.ts';
import type { Params } from '../http/routes.ts';
import type { Measured } from '../kernel/metrics.ts';
import type { Given } from '../kernel/settings.ts';
import type { Principal } from '../tenancy/principal.ts';
import { bearerOf, controlCredential } from './authenticate.ts';
import type { Compiled } from './compiled.ts';
import { answerCall, identify, type DispatchDeps } from './dispatch.ts';
import { hostileParameters } from './hostile-text.ts';
import { isWrite } from './handler.ts';
import { KnownCallers } from './known-callers.ts';
import { answerPlain, authenticatePlain, type PlainRoute } from './plain.ts';
import type { admissionSettings } from './admission-settings.ts';

export interface ControlAdmission {
  /** Answers a call of an operation in its turn. */
  call(compiled: Compiled, request: HttpRequest, params: Params): Promise<HttpAnswer>;
  /** Answers a route that is no operation. These bound their own work; wrong credentials are bounded here. */
  plain(route: PlainRoute, request: HttpRequest, params: Params): Promise<HttpAnswer>;
}

interface Gate {
  readonly dispatch: DispatchDeps;
  readonly known: KnownCallers;
  /** Rates of a tenant, or of a person outside of any. */
  readonly requests: Rates;
  /** Rates of an address. */
  readonly failures: Rates;
  readonly work: Lanes;
  /** Reads that may wait for something to happen: almost all of their time they do no work. */
  readonly waits: Lanes;
  /** Small bodies on their way. */
  readonly bodies: Lanes;
  /** Large bodies, from their first byte to the answer. */
  readonly imports: Lanes;
  /** Streams, until their last byte. */
  readonly exports: Lanes;
  readonly admissions: Admissions;
}

const burstSeconds = 10;
const failureBurstSeconds = 25;
const keysMax = 50_000;
/** In the rate of a tenant: an export reads all of its rows, so that one per second is as much as 100 other requests. */
const streamCost = 100;
const waitMsMax = 10_000;
/** A client that sends or reads a large document waits longer for a place. */
const largeWaitMsMax = 45_000;
export const largeBodyBytes = 256 * 1024;

export function openControlAdmission(
  given: Given<typeof admissionSettings>,
  measured: Measured<typeof admissionMetrics>,
  dispatch: DispatchDeps,
): ControlAdmission {
  const gate = gateOf(given, openAdmissions(measured, dispatch), dispatch);
  return {
    call: (compiled, request, params) => spaced(gate, request, admitCall(compiled, request, params, gate)),
    plain: (route, request, params) => spaced(gate, request, admitPlain(route, request, params, gate)),
  };
}

function gateOf(given: Given<typeof admissionSettings>, admissions: Admissions, dispatch: DispatchDeps): Gate {
  const { clock } = dispatch;
  const { requestsPerSecond = 100, requestsAtOnce = placesOf(), failedCredentialsPerSecond = 20 } = given;
  const { exportsAtOnce = 2, importsAtOnce = 2 } = given;
  const lanes = (
    name: string,
    what: string,
    places: readonly [number, number],
    laneWaitingMax: number,
    waitMs: number,
  ) => {
    const [atOnceMax, laneAtOnceMax] = places;
    const bounds = { atOnceMax, laneAtOnceMax, waitingMax: 10 * laneWaitingMax, laneWaitingMax, waitMsMax: waitMs };
    return new Lanes(what, bounds, clock, admissions.events(name));
  };
  const half = Math.max(1, Math.floor(requestsAtOnce / 2));
  const rate = (perSecond: number, seconds: number) => ({ perSecond, burst: perSecond * seconds, keysMax });
  const failures = { name: 'address', what: 'invalid credentials from this address' };
  return {
    dispatch,
    admissions,
    known: new KnownCallers(clock),
    requests: new Rates({ name: 'tenant', what: 'requests', ...rate(requestsPerSecond, burstSeconds) }, clock),
    failures: new Rates({ ...failures, ...rate(failedCredentialsPerSecond, failureBurstSeconds) }, clock),
    work: lanes('requests', 'requests', [requestsAtOnce, half], 100, waitMsMax),
    waits: lanes('waits', 'waiting requests', [200, 16], 16, waitMsMax),
    bodies: lanes('bodies', 'bodies', [256, 32], 100, waitMsMax),
    imports: lanes('imports', 'large bodies', [importsAtOnce, 1], 32, largeWaitMsMax),
    exports: lanes('exports', 'exports', [exportsAtOnce, 1], 32, largeWaitMsMax),
  };
}

/** More places than cores only make each request slower; some are waiting for the database. */
const placesOf = (cores = availableParallelism()): number => Math.min(12, Math.max(6, 3 * cores));

/** Refusals are counted, and sent at the pace of their address. */
async function spaced(gate: Gate, request: HttpRequest, answer: Promise<HttpAnswer>): Promise<HttpAnswer> {
  try {
    return await answer;
  } catch (error) {
    await gate.admissions.refused('requests', error, networkOf(request.address));
    throw error;
  }
}

async function admitCall(compiled: Compiled, request: HttpRequest, params: Params, gate: Gate): Promise<HttpAnswer> {
  const { operation } = compiled;
  // First of all: the caller and the tenant are looked up in the database with these texts.
  const violations = hostileParameters([...Object.entries(params), ...request.query]);
  if (violations.length > 0) throw new Problem('invalid_request', { violations });
  const token = bearerOf(request.header('authorization')) ?? '';
  const tenant = params['tenant'] ?? '';
  const lane = gate.known.laneOf(token, tenant) ?? (await verify(operation, token, request, params, gate));
  const rated = lane === operatorLane ? {} : gate.requests.hold(lane, operation.stream === undefined ? 1 : streamCost);
  const places: Leave[] = [];
  let answer: HttpAnswer | undefined;
  try {
    const whole = operation.body === undefined ? request : await receive(request, lane, places, gate);
    if (operation.stream !== undefined) places.push(await gate.exports.enter(lane, 1, () => request.gone));
    const leave = waits(operation, request)
      ? await gate.waits.enter(lane, 1, () => request.gone)
      : await gate.work.enter(lane, costOf(operation, request), () => request.gone);
    answer = await answerCall(compiled, whole, params, gate.dispatch).finally(leave);
    // Errors have no count: forbidden and absent must be one answer, byte for byte.
    for (const [name, value] of Object.entries(rated)) request.addField(name, value);
    return answer;
  } catch (error) {
    // It was valid a moment ago, and is no longer: from now on it counts for the address.
    if (isUnauthenticated(error)) {
      gate.known.forget(token, tenant);
      gate.failures.take(networkOf(request.address));
    }
    throw error;
  } finally {
    const leaveAll = (): void => places.forEach((leave) => leave());
    if (answer?.body instanceof Readable) answer.body.once('close', leaveAll);
    else leaveAll();
  }
}

/** Whether this read may hold its answer back (long poll). A place for work would be held for the whole wait. */
const waits = ({ query }: Operation, request: HttpRequest): boolean =>
  'wait_ms' in query.shape && request.query.has('after') && Number(request.query.get('wait_ms') ?? 0) > 0;

/** Finds out whose lane it is, in the lane of the address. Throws `unauthenticated` and all that a call would. */
async function verify(
  operation: Operation,
  token: string,
  request: HttpRequest,
  params: Params,
  gate: Gate,
): Promise<string> {
  // A text that is no credential costs no query, and no count.
  controlCredential(token);
  const { caller } = await checked(request, gate, () => identify(operation, token, params, gate.dispatch));
  const lane = laneOf(caller.principal);
  gate.known.remember(token, params['tenant'] ?? '', lane);
  return lane;
}

/** Work that looks a credential up for the first time. An address with too many wrong ones is refused before that. */
async function checked<T>(request: HttpRequest, gate: Gate, work: () => Promise<T>): Promise<T> {
  const network = networkOf(request.address);
  const refuse = (): void => {
    const verdict = gate.failures.look(network);
    if (!verdict.allowed) throw gate.failures.refusal(verdict);
  };
  refuse();
  const leave = await gate.work.enter(`address:${network}`, 1, () => request.gone);
  try {
    // Those before it in the queue may have used the rest.
    refuse();
    return await work();
  } catch (error) {
    if (isUnauthenticated(error)) gate.failures.take(network);
    throw error;
  } finally {
    leave();
  }
}

async function admitPlain(route: PlainRoute, request: HttpRequest, params: Params, gate: Gate): Promise<HttpAnswer> {
  const answer = (): Promise<HttpAnswer> => answerPlain(route, request, params, gate.dispatch);
  if (route.access === 'public') return checked(request, gate, answer);
  const token = bearerOf(request.header('authorization')) ?? '';
  if (gate.known.laneOf(token, route.access) === undefined) {
    await checked(request, gate, () => authenticatePlain(request, gate.dispatch));
    gate.known.remember(token, route.access, nodeLane);
  }
  try {
    return await answer();
  } catch (error) {
    if (isUnauthenticated(error)) gate.known.forget(token, route.access);
    throw error;
  }
}

const operatorLane = 'operator';
const nodeLane = 'node';

function laneOf(principal: Principal): string {
  if (principal.kind === 'member') return `tenant:${principal.tenantUuid}`;
  return principal.kind === 'operator' ? operatorLane : `user:${principal.id}`;
}

const isUnauthenticated = (error: unknown): boolean => error instanceof Problem && error.code === 'unauthenticated';

/** The same request with its body in memory. A fault of the body is reported when the call reads it, not before. */
async function receive(request: HttpRequest, lane: string, places: Leave[], gate: Gate): Promise<HttpRequest> {
  const isLarge = announced(request) > largeBodyBytes;
  if (isLarge) places.push(await gate.imports.enter(lane, 1, () => request.gone));
  const leave = isLarge ? () => undefined : await gate.bodies.enter(lane, 1, () => request.gone);
  const [read] = await Promise.allSettled([request.body(limits.controlBodyBytesMax)]).finally(leave);
  const body = async (): Promise<Buffer> => {
    if (read.status === 'rejected') throw read.reason;
    return read.value;
  };
  return Object.create(request, { body: { value: body } }) as HttpRequest;
}

/** Bytes; a body of unknown length counts as the largest. */
const announced = (request: HttpRequest): number =>
  request.header('transfer-encoding') === undefined ? Number(request.header('content-length') ?? 0) : Infinity;

const pageItems = 50;
const costMax = 8;

/** In turns: a write is two reads, a long list as many as it has short pages. */
function costOf(operation: Operation, { query }: HttpRequest): number {
  if (isWrite(operation)) return 2;
  const items = Number(query.get('limit') ?? pageItems);
  return items > pageItems ? Math.min(costMax, Math.ceil(items / pageItems)) : 1;
}
