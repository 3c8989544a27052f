/**
 * `/account/federation/<connection>`: the redirect to a tenant's own identity provider and the return. Each connection has a
 * redirect URI of its own, so that no provider can pass off another provider's answer as its own (RFC 9700 §4.4). The state of
 * the trip is sealed in a cookie of this browser; the result goes to the interaction in another cookie.
 */
import { z } from 'zod';
import { findConnection, offeredBy, offeredTo, type Connection, type Offered } from '../federation/connections.ts';
import { personOf } from '../federation/link.ts';
import { choosePage } from './lifecycle-views.ts';
import { notice } from '../web/views.ts';
import { readForm, refuseForm, sendMissing, sendOn, sendPage, type Visit } from '../web/visit.ts';
import type { PromptDeps } from '../asking.ts';
import { fromIdentity } from '../../tenancy/doors.ts';
import { asPlatform } from '../system-wide.ts';

export const federationPath = '/account/federation';
export const connectionPath = /^\/account\/federation\/(con_[0-9a-z]{26})$/;

const tripSeconds = 600;
const foundSeconds = 60;
const interactionShape = /^[\w-]{1,100}$/;

const trip = z.object({
  connection: z.string(),
  interaction: z.string(),
  until: z.number(),
  trip: z.object({ state: z.string(), nonce: z.string(), verifier: z.string() }),
});

const found = z.object({ interaction: z.string(), user: z.string(), until: z.number() });

/** Chooses the tenant's provider if the app has not named the tenant: by an address, or by the tenant. */
export async function chooseConnection(visit: Visit, deps: PromptDeps): Promise<void> {
  const interaction = visit.query.get('interaction') ?? '';
  if (!interactionShape.test(interaction)) return sendMissing(visit);
  if (visit.message.method !== 'POST') return sendPage(visit, 200, choosePage(visit, interaction, '', []));
  const form = await readForm(visit);
  if (form === undefined) return refuseForm(visit);
  const named = (form.get('tenant') ?? '').trim().toLowerCase().slice(0, 254);
  const offered = await offersFor(named, deps);
  const wrong = offered.length === 0 ? { wrong: { tenant: visit.told.federation.none } } : {};
  sendPage(visit, offered.length === 0 ? 422 : 200, choosePage({ ...visit, ...wrong }, interaction, named, offered));
}

/** The connections by which the person with this address, or a member of this tenant, may sign in. */
export function offersFor(
  named: string,
  { store, provenDomainsOnly = false }: PromptDeps,
): Promise<readonly Offered[]> {
  return asPlatform(store, 'connections', (tx) =>
    named.includes('@') ? offeredTo(tx, named, provenDomainsOnly) : offeredBy(tx, { slug: named }),
  );
}

export async function federate(visit: Visit, deps: PromptDeps): Promise<void> {
  const [, id = ''] = connectionPath.exec(visit.path) ?? [];
  const connection = await asPlatform(deps.store, 'connections', (tx) => findConnection(tx, id, deps.vault));
  if (connection === undefined) return sendMissing(visit);
  return visit.query.has('interaction') ? leave(visit, connection, deps) : arrive(visit, connection, deps);
}

const redirectUriOf = ({ issuer, path }: Visit): string => `${issuer.issuer}${path}`;

async function leave(visit: Visit, connection: Connection, deps: PromptDeps): Promise<void> {
  const interaction = visit.query.get('interaction') ?? '';
  if (!interactionShape.test(interaction)) return sendMissing(visit);
  const begun = await deps.providers
    .leave(connection, redirectUriOf(visit), visit.query.has('fresh'))
    .catch((error: unknown) => refuse(visit, connection, error, 502, deps));
  if (begun === undefined) return undefined;
  const until = deps.clock.now() + tripSeconds * 1000;
  const kept = { connection: connection.id, interaction, until, trip: begun.trip } satisfies z.input<typeof trip>;
  visit.setCookie('trip', seal(kept, 'trip', deps), visit.path, tripSeconds);
  sendOn(visit, begun.to.href);
}

async function arrive(visit: Visit, connection: Connection, deps: PromptDeps): Promise<void> {
  const { told, query, locale, address, requestId } = visit;
  const kept = open(trip, visit.cookie('trip'), 'trip', deps);
  if (kept === undefined || kept.connection !== connection.id)
    return sendPage(visit, 400, notice(told.problem.stale, told.problem.staleLead));
  visit.setCookie('trip', '', visit.path, 0);
  const returned = new URL(`${redirectUriOf(visit)}?${query.toString()}`);
  const asserted = await deps.providers
    .arrive(connection, returned, kept.trip)
    .catch((error: unknown) => refuse(visit, connection, error, 403, deps));
  if (asserted === undefined) return undefined;
  const user = await deps.store.tenant(fromIdentity('connection', connection.tenantUuid), (tx) =>
    personOf(tx, connection, asserted, { locale, address, requestId }, deps),
  );
  const say = told.federation;
  if (user === undefined) return sendPage(visit, 403, notice(say.unknown, say.unknownLead(asserted.email ?? '')));
  const path = `/oauth2/interaction/${kept.interaction}`;
  const until = deps.clock.now() + foundSeconds * 1000;
  const result = { interaction: kept.interaction, user, until } satisfies z.input<typeof found>;
  visit.setCookie('found', seal(result, 'found', deps), path, foundSeconds);
  sendOn(visit, path);
}

/** The person whom a provider has signed in for this interaction, in this browser, just now. Good once. */
export function takeFound(visit: Visit, interaction: string, deps: PromptDeps): string | undefined {
  const given = visit.cookie('found');
  if (given === undefined) return undefined;
  visit.setCookie('found', '', visit.path, 0);
  const kept = open(found, given, 'found', deps);
  return kept?.interaction === interaction ? kept.user : undefined;
}

/** The log has the reason; the person can only report it to their admin. */
function refuse(
  visit: Visit,
  { id, issuer }: Connection,
  error: unknown,
  status: number,
  { log }: PromptDeps,
): undefined {
  const { code, cause } = error as { readonly code?: unknown; readonly cause?: unknown };
  const why = [error, code, cause].flatMap((one) => (one === undefined ? [] : [String(one)])).join('; ');
  log.warn(
    { connection: id, issuer, cause: why.slice(0, 500) },
    'a tenant’s identity provider did not sign somebody in',
  );
  const { failed, failedLead } = visit.told.federation;
  sendPage(visit, status, notice(failed, failedLead));
  return undefined;
}

const contextOf = (what: string): string => `federation ${what}`;

function seal(value: object, what: string, { vault }: PromptDeps): string {
  return vault.seal(JSON.stringify(value), contextOf(what)).toString('base64url');
}

/** The content of a cookie that was sealed here and has not expired. */
function open<T extends { readonly until: number }>(
  schema: z.ZodType<T>,
  text: string | undefined,
  what: string,
  { vault, clock }: PromptDeps,
): T | undefined {
  try {
    const read = schema.parse(JSON.parse(vault.open(Buffer.from(text ?? '', 'base64url'), contextOf(what))));
    return read.until > clock.now() ? read : undefined;
  } catch {
    return undefined;
  }
}
