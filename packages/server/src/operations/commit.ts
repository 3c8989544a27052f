/** The one way to write: effect, audit row and kept answer in one transaction. */
import { Problem, type Operation } from '@tulou/contract';
import { assert, must } from '../kernel/assert.ts';
import { newId } from '../kernel/random.ts';
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import type { SystemTx, TenantTx } from '../store/store.ts';
import { actorOf, type Principal } from '../tenancy/principal.ts';
import { TenantScope } from '../tenancy/scope.ts';
import { appendAudit, type AuditFact } from './audit/append.ts';
import { render, toAnswer } from './answer.ts';
import type { Compiled } from './compiled.ts';
import { etagOf, holdIfMatch } from './etag.ts';
import type { Committed, Deps, PlatformCall, PlatformWritten, TenantCall, Written } from './handler.ts';
import { keepAnswer, takeClaim, type IdempotencyClaim, type KeptAnswer } from './idempotency.ts';

/** The dependencies of a call beside its handler. */
export type CallDeps = Pick<Deps, 'store' | 'clock' | 'random' | 'log'>;

/** All that is known of a call when its handler begins. */
export interface CallContext {
  readonly compiled: Compiled;
  readonly request: HttpRequest;
  readonly params: Readonly<Record<string, string>>;
  readonly principal: Principal;
  readonly actor: TenantScope | Principal;
  /** Why an operator acts; null for members. */
  readonly reason: string | null;
  readonly claim: IdempotencyClaim | undefined;
  readonly deps: CallDeps;
}

/** The same Idempotency-Key was answered while this call ran: its transaction is rolled back and that answer given. */
export class Repeated extends Error {
  override readonly name = 'Repeated';
}

/** The call as its handler sees it, and the answer that its commit has made. */
export function openCall(context: CallContext): { call: TenantCall & PlatformCall; answered: () => HttpAnswer } {
  const { compiled, request, actor, deps } = context;
  const ifMatch = compiled.operation.method === 'GET' ? undefined : request.header('if-match');
  let held = ifMatch === undefined;
  let answer: KeptAnswer | undefined;
  let begun = false;

  async function finish<T>(
    tx: TenantTx | SystemTx,
    work: () => Promise<Written<T> | PlatformWritten<T>>,
  ): Promise<Committed<T>> {
    await claimOrStop(tx, context);
    const written = await work();
    if (!held) throw new Problem('precondition_failed', { detail: 'If-Match cannot be held against this operation' });
    answer = await conclude(tx, context, written);
    return { output: written.output } as Committed<T>;
  }

  const call = {
    requestId: request.requestId,
    address: request.address,
    accept: request.header('accept') ?? '',
    expect(current: object): void {
      if (ifMatch !== undefined) holdIfMatch(ifMatch, etagOf(resourceOutput(compiled), current));
      held = true;
    },
    commit<T>(
      work: ((tx: TenantTx) => Promise<Written<T>>) & ((tx: SystemTx) => Promise<PlatformWritten<T>>),
    ): Promise<Committed<T>> {
      assert(!begun, `${compiled.operation.id} commits once`);
      begun = true;
      return actor instanceof TenantScope
        ? deps.store.tenant(actor, (tx) => finish(tx, () => work(tx)))
        : deps.store.system(compiled.operation.id, (tx) => finish(tx, () => work(tx)));
    },
  };
  return {
    call,
    answered: () => toAnswer(must(answer, `${compiled.operation.id} commits what it writes`)),
  };
}

async function claimOrStop(tx: TenantTx | SystemTx, { claim, deps }: CallContext): Promise<void> {
  if (claim === undefined) return;
  if (!(await takeClaim(tx, claim, new Date(deps.clock.now())))) throw new Repeated();
}

async function conclude(
  tx: TenantTx | SystemTx,
  context: CallContext,
  written: Written<unknown> | PlatformWritten<unknown>,
): Promise<KeptAnswer> {
  const { compiled, actor, claim, deps } = context;
  const answer = render(compiled, context.params, written.output);
  if (claim !== undefined) await keepAnswer(tx, claim, answer, deps.random);
  const tenantUuid = actor instanceof TenantScope ? actor.tenantUuid : (written as PlatformWritten<unknown>).tenantUuid;
  const image = (value: object | null): unknown => (value === null ? null : resourceOutput(compiled).parse(value));
  const { target } = written;
  const fact = factOf(context, compiled.operation, target);
  const images = { before: image(written.before), after: image(written.after) };
  if (tenantUuid !== null) await appendAudit(tx, tenantUuid, { ...fact, ...images });
  else deps.log.warn({ ...fact, ...images }, 'an operator changes the platform');
  return answer;
}

/** Records that an operator reads something of a tenant. */
export async function recordAccess(
  scope: TenantScope,
  operation: Operation,
  reason: string,
  request: HttpRequest,
  deps: CallDeps,
): Promise<void> {
  const fact = factOf({ principal: scope.principal, reason, request, deps }, operation, scope.tenant);
  await deps.store.tenant(scope, (tx) => appendAudit(tx, scope.tenantUuid, fact));
}

/** Records that an operator tried a write on a tenant and was refused. Rejected writes of members are not recorded. */
export async function recordRefusal(context: CallContext, problem: Problem): Promise<void> {
  const { actor, principal, compiled, deps } = context;
  if (principal.kind !== 'operator' || !(actor instanceof TenantScope)) return;
  const fact = { ...factOf(context, compiled.operation, actor.tenant), after: { refused: problem.code } };
  await deps.store.tenant(actor, (tx) => appendAudit(tx, actor.tenantUuid, fact));
}

function factOf(
  { principal, reason, request, deps }: Pick<CallContext, 'principal' | 'reason' | 'request' | 'deps'>,
  operation: Operation,
  target: string,
): AuditFact {
  return {
    id: newId('audit', deps.clock, deps.random),
    at: new Date(deps.clock.now()),
    actor: actorOf(principal),
    operation: operation.id,
    target,
    before: null,
    after: null,
    reason,
    address: request.address,
    requestId: request.requestId,
  };
}

function resourceOutput({ resource }: Compiled) {
  return must(resource.output, `${resource.id} has an output`);
}
