/**
 * The processing of a call. The table below is the program: read it from top to bottom. Everything in it is synchronous. A
 * step either continues the call or ends it with one of the codes beside it.
 */
import { errors, type ErrorCode } from '@tulou/contract/errors';
import { problemBody } from '@tulou/contract/problem';
import { acceptedLanguage, type Language } from '@tulou/contract/language';
import { isOutOfDescriptors, outOfDescriptors } from '../kernel/descriptors.ts';
import type { AccessLog } from './access-log.ts';
import { Call, type Gate, type Step } from './call.ts';
import { anonymousGrantOf } from './grant.ts';
import { causeOf, usageOf } from './steps/account.ts';
import { authorise } from './steps/authorise.ts';
import { answerFields, forward } from './steps/forward.ts';
import { identify } from './steps/identify.ts';
import { limit, releaseSlot } from './steps/limit.ts';
import { noteCall } from './steps/note.ts';
import { once } from './steps/once.ts';
import { route } from './steps/route.ts';
import { target } from './steps/target.ts';
import type { UsageEvent } from './usage/record.ts';
import type { Ended, Exchange, ExchangeHandler, Outcome } from './wire/exchange.ts';

/** The steps that a call goes through before it is answered, in order. */
export const steps: readonly Step[] = [
  target, //    path and query; no dot segments
  route, //     tenant, api, version, operation
  identify, //  the key, signature or token, and the app it belongs to
  authorise, // the subscription; of a token also installation and scopes
  limit, //     the plan's windows and places, and room in the spool
  once, //      the proof or the nonce of the signature, used up
  forward, //   an upstream, with who calls
];

/** All steps by name, with the codes that each can end with. `account` runs when the answer is complete. */
export const lifecycle: readonly { readonly name: string; readonly refusals: readonly ErrorCode[] }[] = [
  ...steps,
  { name: 'account', refusals: [] },
];

/** A fault that repeats with every connection is logged only from time to time. */
const quietMs = 10_000;

/** The handler that the wire engine calls. */
export class Pipeline implements ExchangeHandler {
  readonly #gate: Gate;
  readonly #accessLog: AccessLog | undefined;
  readonly #events: UsageEvent[] = [];
  #quietUntilMs = 0;

  constructor(gate: Gate, accessLog: AccessLog | undefined) {
    this.#gate = gate;
    this.#accessLog = accessLog;
  }

  begin(exchange: Exchange): void {
    const gate = this.#gate;
    gate.metrics.began();
    const { state } = gate;
    const probe = probeOf(exchange, gate);
    if (probe !== undefined) return exchange.respond(probe.status, plainText, probe.body);
    if (state === undefined) return this.#answerNotReady(exchange);
    const call = new Call(exchange, state, gate.requestIds.next(), gate.clock.now());
    exchange.context = call;
    const refusal = this.#walk(call);
    if (refusal !== undefined) this.#refuse(call, refusal);
    return undefined;
  }

  #walk(call: Call): ErrorCode | undefined {
    try {
      for (const step of steps) {
        const refusal = step.run(call, this.#gate);
        if (refusal !== undefined) return refusal;
      }
      return undefined;
    } catch (error) {
      this.#gate.log.error({ request: call.requestId, error: String(error) }, 'a step failed');
      return 'internal';
    }
  }

  #refuse(call: Call, code: ErrorCode): void {
    call.refusal = code;
    if (isHidden(call)) return this.#answerNothingHere(call);
    const fields = answerFields(
      call,
      call.grant ?? (call.version === undefined ? undefined : anonymousGrantOf(call.version)),
    );
    const language = languageFor(call.exchange);
    fields.push(...problemFields[language]);
    const { status } = errors[code];
    const challenge = call.challenge ?? (status === 401 ? 'Bearer realm="tulou"' : undefined);
    if (challenge !== undefined) fields.push('www-authenticate', challenge);
    if (status === 429 || status === 503) fields.push('retry-after', call.retryAfter === '' ? '1' : call.retryAfter);
    call.exchange.respond(status, fields, bodyOf(code, language, detailOf(call)));
  }

  /** The answer for an address without an API. It is always the same, byte for byte. */
  #answerNothingHere({ exchange, requestId }: Call): void {
    const language = languageFor(exchange);
    const fields = ['tulou-request-id', requestId, ...problemFields[language]];
    exchange.respond(errors.route_not_found.status, fields, bodyOf('route_not_found', language, undefined));
  }

  #answerNotReady(exchange: Exchange): void {
    this.#gate.metrics.refused('not_ready');
    const language = languageFor(exchange);
    exchange.respond(503, [...problemFields[language], 'retry-after', '1'], bodyOf('not_ready', language, undefined));
  }

  commit(ended: readonly Ended[]): void {
    const events = this.#events;
    for (const { exchange, outcome } of ended) {
      if (!(exchange.context instanceof Call)) continue;
      // This runs before the last bytes are sent: a caller that has its answer may call again on another thread before this
      // one reaches `end`.
      releaseSlot(exchange.context, this.#gate);
      const event = usageOf(exchange.context, outcome, this.#gate);
      if (event !== undefined) events.push(event);
      noteCall(exchange.context, outcome, this.#gate);
      this.#accessLog?.add(exchange.context, outcome);
    }
    this.#gate.spool.commit(events);
    events.length = 0;
    this.#accessLog?.flush();
    this.#gate.metrics.setPending(this.#gate.spool.pending);
  }

  end(exchange: Exchange, outcome: Outcome): void {
    const { metrics } = this.#gate;
    metrics.ended(outcome.status, outcome.durationUs);
    if (outcome.error !== undefined) metrics.refused(outcome.error);
    const call = exchange.context;
    if (!(call instanceof Call)) return;
    if (call.refusal !== undefined) metrics.refused(call.refusal);
    const cause = causeOf(call, outcome);
    if (cause !== undefined) metrics.upstreamFailed(cause);
    releaseSlot(call, this.#gate);
  }

  refused(code: ErrorCode, cause?: Error): void {
    this.#gate.metrics.refused(code);
    const now = this.#gate.clock.monotonic();
    if (cause === undefined || now < this.#quietUntilMs) return;
    this.#quietUntilMs = now + quietMs;
    const words = isOutOfDescriptors(cause) ? outOfDescriptors : 'connections cannot be accepted';
    this.#gate.log.error({ error: String(cause) }, words);
  }

  problem(code: ErrorCode, exchange: Exchange | undefined): { fields: readonly string[]; body: string } {
    const call = exchange?.context;
    const own =
      call instanceof Call ? answerFields(call, call.grant) : ['tulou-request-id', this.#gate.requestIds.next()];
    const wait = errors[code].status === 503 ? ['retry-after', '1'] : [];
    const language = exchange === undefined ? 'en' : languageFor(exchange);
    return { fields: [...own, ...wait, ...problemFields[language]], body: bodyOf(code, language, undefined) };
  }
}

const detailOf = ({ detail, remedy }: Call): string | undefined =>
  detail === undefined ? remedy : remedy === undefined ? detail : `${detail} ${remedy}`;

/** A private API is visible only to its provider's own apps and to apps with a subscription. */
function isHidden({ version, subscription, identity }: Call): boolean {
  if (version?.api.object?.private !== true || subscription !== undefined) return false;
  return identity?.app.tenant !== version.api.tenant;
}

const plainText = ['content-type', 'text/plain'];

/** `/healthz` and `/readyz` on the listener of the calls, for load balancers. No tenant can have these addresses. */
function probeOf(exchange: Exchange, gate: Gate): { status: number; body: string } | undefined {
  const { target: address } = exchange.head;
  if (address === '/healthz') return { status: 200, body: 'ok\n' };
  if (address !== '/readyz') return undefined;
  if (gate.draining) return { status: 503, body: 'draining\n' };
  if (gate.state === undefined) return { status: 503, body: 'no configuration yet\n' };
  if (gate.spool.full) return { status: 503, body: 'usage cannot be recorded: calls are refused (spool_full)\n' };
  return gate.metrics.unready ? { status: 503, body: 'not ready\n' } : { status: 200, body: 'ok\n' };
}

const problemFields: Readonly<Record<Language, readonly string[]>> = {
  en: ['content-type', 'application/problem+json', 'content-language', 'en', 'vary', 'accept-language'],
  'zh-CN': ['content-type', 'application/problem+json', 'content-language', 'zh-CN', 'vary', 'accept-language'],
};

/** The language of the caller. It is read only for refusals, so forwarded calls do not pay for it. */
function languageFor({ head }: Exchange): Language {
  for (let at = 0; at < head.fields.length; at += 2)
    if (head.fields[at] === 'accept-language') return acceptedLanguage(head.fields[at + 1]);
  return 'en';
}

const bodies: Readonly<Record<Language, Map<ErrorCode, string>>> = { en: new Map(), 'zh-CN': new Map() };

/** Bodies without detail are rendered once for each language: those of an unknown tenant and an unknown version are identical. */
function bodyOf(code: ErrorCode, language: Language, detail: string | undefined): string {
  if (detail !== undefined) return JSON.stringify(problemBody(code, detail, undefined, language));
  const made = bodies[language].get(code) ?? JSON.stringify(problemBody(code, undefined, undefined, language));
  bodies[language].set(code, made);
  return made;
}
