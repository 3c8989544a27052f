/**
 * The life of a call to the control API, the same for every operation. The order is the promise: who calls, for which
 * tenant (a foreign one is answered like one that never was, before anything else is said), may they, is the input valid,
 * was it answered before; then the handler, and its output through the schema.
 */
import { Problem, type Id, type Operation } from '@tulou/contract';
import type { HttpAnswer, HttpRequest } from '../http/message.ts';
import { mayCall } from '../tenancy/access.ts';
import { fromCall, fromOperator } from '../tenancy/doors.ts';
import type { OperatorPrincipal, Principal } from '../tenancy/principal.ts';
import { TenantScope } from '../tenancy/scope.ts';
import { renderRead, toAnswer } from './answer.ts';
import { authenticate, bearerOf, controlCredential, type Caller } from './authenticate.ts';
import { openCall, recordAccess, recordRefusal, Repeated, type CallContext, type CallDeps } from './commit.ts';
import type { Compiled } from './compiled.ts';
import { findTenant, type DirectoryEntry } from './directory.ts';
import { isTenantOperation, isWrite, nounOf } from './handler.ts';
import { claimOf, findKept, type IdempotencyClaim } from './idempotency.ts';
import { callerOf, ownCallerOf, type FindSignedIn } from './people.ts';
import { parseInput, type ParsedInput } from './input.ts';
import { nilTenant } from '../tenancy/nil-tenant.ts';

/** The dependencies of the dispatcher itself; handlers have their own. */
export interface DispatchDeps extends CallDeps {
  /** Absent: no person can sign in here, and only control tokens are accepted. */
  readonly findSignedIn?: FindSignedIn | undefined;
}

type PathParams = Readonly<Record<string, string>>;
type Actor = TenantScope | Principal;

/** Answers one call. */
export async function answerCall(
  compiled: Compiled,
  request: HttpRequest,
  params: PathParams,
  deps: DispatchDeps,
): Promise<HttpAnswer> {
  const token = bearerOf(request.header('authorization')) ?? '';
  return carryOut(compiled, request, params, await identify(compiled.operation, token, params, deps), deps);
}

/** The rest of a call, once it is known who makes it and for which tenant. */
export async function carryOut(
  compiled: Compiled,
  request: HttpRequest,
  params: PathParams,
  { caller, tenant }: Identified,
  given: DispatchDeps,
): Promise<HttpAnswer> {
  const { operation } = compiled;
  // Where a table of one noun is locked, calls on the others find connections.
  const deps = { ...given, store: given.store.share(nounOf(operation)) };
  const reason = caller.principal.kind === 'operator' ? reasonOf(request, operation) : null;
  const actor = await enter(operation, caller.principal, tenant, reason, request, deps);
  permit(operation, caller.principal, tenant);
  const input = await parseInput(compiled.schemas, request, params);
  const claim = claimFor(operation, request, caller, actor, input.sent);
  const context: CallContext = { compiled, request, params, principal: caller.principal, actor, reason, claim, deps };
  return (await replay(context)) ?? (isWrite(operation) ? write(context, input) : read(context, input));
}

interface Identified {
  readonly caller: Caller;
  readonly tenant: DirectoryEntry | undefined;
}

/** Credential and path are looked up separately and in parallel: two independent sources, which the door compares. */
export async function identify(
  operation: Operation,
  token: string,
  params: PathParams,
  deps: DispatchDeps,
): Promise<Identified> {
  const credential = controlCredential(token);
  return deps.store.system('who calls, and the tenant in the path', async (tx) => {
    const named = isTenantOperation(operation) ? findTenant(tx, params['tenant'] ?? '') : undefined;
    if (credential.kind === 'access token') {
      const [person, tenant] = await Promise.all([deps.findSignedIn?.(tx, credential.text), named]);
      if (person === undefined) throw new Problem('unauthenticated');
      return { caller: await callerOf(tx, person, operation, tenant), tenant };
    }
    const [caller, tenant] = await Promise.all([authenticate(tx, credential, deps.clock.now()), named]);
    return { caller, tenant };
  });
}

/** A person who has signed in at a page of ours, and the tenant in the path. */
export async function identifyPerson(
  operation: Operation,
  user: string,
  params: PathParams,
  deps: DispatchDeps,
): Promise<Identified> {
  return deps.store.system('who decides at a page, and for which tenant', async (tx) => {
    const tenant = isTenantOperation(operation) ? await findTenant(tx, params['tenant'] ?? '') : undefined;
    const signedIn = { user: user as Id<'user'>, grant: user, secret: '' };
    return { caller: await ownCallerOf(tx, signedIn, tenant), tenant };
  });
}

async function enter(
  operation: Operation,
  principal: Principal,
  tenant: DirectoryEntry | undefined,
  reason: string | null,
  request: HttpRequest,
  deps: DispatchDeps,
): Promise<Actor> {
  if (!isTenantOperation(operation)) return principal;
  if (principal.kind === 'member') return fromCall(tenant?.tenantUuid, principal, request.requestId);
  if (tenant === undefined || principal.kind === 'person') throw new Problem('not_found');
  // A read is recorded before the door opens. A write is recorded in its own transaction, or as refused, before it is
  // answered: nothing that an operator does or learns goes without a row.
  const record = (scope: TenantScope, why: string): Promise<void> =>
    isWrite(operation) ? Promise.resolve() : recordAccess(scope, operation, why, request, deps);
  return fromOperator(
    principal as OperatorPrincipal,
    tenant.tenantUuid,
    reason ?? operation.id,
    request.requestId,
    record,
  );
}

function permit(operation: Operation, principal: Principal, tenant: DirectoryEntry | undefined): void {
  if (!mayCall(principal, operation.access))
    throw new Problem('forbidden', { detail: `needs the role ${operation.access}` });
  if (principal.kind === 'member' && tenant?.deleting === true && operation.whileDeleting !== true) {
    throw new Problem('state_conflict', { detail: 'the tenant is being deleted; restore it first' });
  }
}

function claimFor(
  operation: Operation,
  request: HttpRequest,
  caller: Caller,
  actor: Actor,
  sent: unknown,
): IdempotencyClaim | undefined {
  if (!isWrite(operation)) return undefined;
  return claimOf({
    header: request.header('idempotency-key'),
    secret: caller.secret,
    tenantUuid: actor instanceof TenantScope ? actor.tenantUuid : nilTenant,
    principal: caller.credential,
    fingerprint: [operation.id, request.path, [...request.query], sent],
  });
}

/** The answer that was given before under this Idempotency-Key, if any. */
async function replay({ actor, claim, deps }: CallContext): Promise<HttpAnswer | undefined> {
  if (claim === undefined) return undefined;
  const now = new Date(deps.clock.now());
  const kept = await (actor instanceof TenantScope
    ? deps.store.tenant(actor, (tx) => findKept(tx, claim, now))
    : deps.store.system('the answer kept for a key', (tx) => findKept(tx, claim, now)));
  return kept && toAnswer({ ...kept, headers: { ...kept.headers, 'idempotency-replayed': 'true' } });
}

async function read(context: CallContext, input: ParsedInput): Promise<HttpAnswer> {
  const { compiled, actor } = context;
  const { call } = openCall(context);
  return renderRead(compiled, context.params, await compiled.bound.handler(actor, input, call));
}

async function write(context: CallContext, input: ParsedInput): Promise<HttpAnswer> {
  const { compiled, actor } = context;
  const { call, answered } = openCall(context);
  try {
    await compiled.bound.handler(actor, input, call);
    return answered();
  } catch (error) {
    const repeated = error instanceof Repeated ? await replay(context) : undefined;
    if (repeated !== undefined) return repeated;
    if (error instanceof Problem) await recordRefusal(context, error);
    throw error;
  }
}

/** Why an operator acts: their words in `Tulou-Reason`, or else the operation. */
function reasonOf(request: HttpRequest, operation: Operation): string {
  const said = request.header('tulou-reason')?.trim() ?? '';
  if (said.length > reasonCharactersMax) {
    const message = `at most ${reasonCharactersMax} characters`;
    throw new Problem('invalid_request', { violations: [{ pointer: 'Tulou-Reason', message }] });
  }
  return said === '' ? operation.id : said;
}

const reasonCharactersMax = 300;
