/**
 * A grant holds what a call of one subscription to one version needs, computed once: the added fields, the windows to count
 * in, and the name in the spool. A grant is valid while the objects that it was made from are in force.
 */
import type { Environment, SnapshotOf } from '@tulou/contract';
import type { AssertionClaims, AssertionSigner } from './assertion.ts';
import { compileLimits, noLimits, type CompiledLimits, type Subjects } from './limits/plan.ts';
import type { Hash64 } from './limits/hash.ts';
import type { SubscriptionNode, VersionNode } from './snapshot/links.ts';
import { interned, partiesText, type Interned } from './usage/record.ts';

export interface Grant {
  readonly version: VersionNode;
  readonly subscription: SubscriptionNode | undefined;
  readonly environment: Environment;
  readonly parties: Interned;
  readonly limits: CompiledLimits;
  /** Fields of every answer: `deprecation`, `sunset`, `ratelimit-policy`. */
  readonly answerFields: readonly string[];
  /**
   * Fields that identify the caller to the upstream: `tulou-environment`, `-tenant`, `-app`, `-installation`, `-user`,
   * `-plan`, `-scopes`; and `via` (RFC 9110 §7.6.3).
   */
  readonly callerFields: readonly string[];
  readonly claims: AssertionClaims;
  /** The signed assertion, and the time at which it must be signed again, milliseconds of the wall clock. */
  assertion: string;
  assertionUntilMs: number;
  readonly made: MadeFrom;
}

interface MadeFrom {
  readonly api: SnapshotOf<'api'> | undefined;
  readonly provider: SnapshotOf<'tenant'> | undefined;
  readonly app: SnapshotOf<'app'> | undefined;
  readonly plan: SnapshotOf<'plan'> | undefined;
}

class Kept {
  /** For calls without a subscription. Nodes are immutable, so a grant ends with its node. */
  readonly anonymous = new WeakMap<VersionNode, Grant>();
  /** For calls of a subscription, by the key of the version. */
  readonly subscribed = new WeakMap<SubscriptionNode, Map<string, Grant>>();
}

const keptFor: Readonly<Record<Environment, Kept>> = { live: new Kept(), test: new Kept() };

/** The objects that a grant is for. */
export interface Caller {
  /** Undefined: a call without a subscription. */
  readonly subscription: SubscriptionNode | undefined;
  readonly environment: Environment;
}

/** The grant for calls of a subscription, or of none, to a version. */
export function grantFor(version: VersionNode, caller: Caller, seed: Hash64): Grant {
  const { subscription } = caller;
  const known = keptGrant(version, caller);
  if (known !== undefined && isCurrent(known, version, subscription)) return known;
  const fresh = makeGrant(version, caller, seed);
  const { anonymous, subscribed } = keptFor[caller.environment];
  if (subscription === undefined) anonymous.set(version, fresh);
  else keep(subscribed, subscription, fresh);
  return fresh;
}

/** The existing grant of calls without a subscription to a version, if there is one. */
export const anonymousGrantOf = (version: VersionNode): Grant | undefined => keptFor.live.anonymous.get(version);

function keptGrant(version: VersionNode, { subscription, environment }: Caller): Grant | undefined {
  const { anonymous, subscribed } = keptFor[environment];
  return subscription === undefined ? anonymous.get(version) : subscribed.get(subscription)?.get(version.key);
}

function keep(subscribed: Kept['subscribed'], subscription: SubscriptionNode, grant: Grant): void {
  const grants = subscribed.get(subscription);
  if (grants === undefined) subscribed.set(subscription, new Map([[grant.version.key, grant]]));
  else grants.set(grant.version.key, grant);
}

function isCurrent(grant: Grant, version: VersionNode, subscription: SubscriptionNode | undefined): boolean {
  const { made } = grant;
  return (
    grant.version === version &&
    made.api === version.api.object &&
    made.provider === version.api.tenant?.object &&
    (subscription === undefined || (made.app === subscription.app.object && made.plan === subscription.plan.object))
  );
}

function makeGrant(version: VersionNode, { subscription, environment }: Caller, seed: Hash64): Grant {
  const made = {
    api: version.api.object,
    provider: version.api.tenant?.object,
    app: subscription?.app.object,
    plan: subscription?.plan.object,
  };
  const limits =
    made.plan === undefined || made.app === undefined || subscription === undefined
      ? noLimits
      : compileLimits(made.plan, { ...subjectsOf(made.app, subscription), environment }, seed);
  const claims = claimsOf(made, subscription, environment);
  return {
    version,
    subscription,
    environment,
    parties: interned(partiesOf(version, made, environment)),
    limits,
    answerFields: answerFieldsOf(version.object, limits),
    callerFields: callerFieldsOf(claims),
    claims,
    assertion: '',
    assertionUntilMs: 0,
    made,
  };
}

/** By tenant and slug, not by id: a renewed subscription or a recreated app continues with the same counters. */
function subjectsOf({ tenant, slug }: SnapshotOf<'app'>, { object }: SubscriptionNode): Omit<Subjects, 'environment'> {
  const app = `${tenant}/${slug}`;
  return { subscription: `${app} ${object.api}`, app, tenant };
}

function claimsOf(
  made: MadeFrom,
  subscription: SubscriptionNode | undefined,
  environment: Environment,
): AssertionClaims {
  const aud = `${made.provider?.slug ?? ''}/${made.api?.slug ?? ''}`;
  if (subscription === undefined || made.app === undefined) return { aud, environment, scopes: '' };
  const { object } = subscription;
  return {
    aud,
    environment,
    tenant: made.app.tenant,
    app: made.app.key,
    plan: object.plan,
    subscription: object.key,
    scopes: '',
  };
}

/** The fields that name the caller and the gateway. */
export function callerFieldsOf(claims: AssertionClaims): string[] {
  const fields: string[] = ['via', '1.1 tulou', 'tulou-environment', claims.environment];
  if (claims.tenant !== undefined) fields.push('tulou-tenant', claims.tenant);
  if (claims.app !== undefined) fields.push('tulou-app', claims.app);
  if (claims.installation !== undefined) fields.push('tulou-installation', claims.installation);
  if (claims.user !== undefined) fields.push('tulou-user', claims.user);
  if (claims.plan !== undefined) fields.push('tulou-plan', claims.plan);
  fields.push('tulou-scopes', claims.scopes);
  return fields;
}

const partiesOf = ({ key, object }: VersionNode, { app }: MadeFrom, environment: Environment): string =>
  partiesText({
    provider: object.tenant,
    consumer: app?.tenant ?? null,
    api: object.api,
    version: key,
    app: app?.key ?? null,
    environment,
  });

/** RFC 9745 §2: `Deprecation: @<unix seconds>`; RFC 8594 §3: `Sunset: <HTTP-date>`. */
function answerFieldsOf(version: SnapshotOf<'version'>, limits: CompiledLimits): string[] {
  const fields: string[] = [];
  if (version.state === 'deprecated' && version.deprecated_at !== null) {
    fields.push('deprecation', `@${version.deprecated_at}`);
  }
  if (version.sunset_at !== null) fields.push('sunset', new Date(version.sunset_at * 1000).toUTCString());
  if (limits.policyField !== '') fields.push('ratelimit-policy', limits.policyField);
  return fields;
}

/** The assertion of a grant. It is signed again when it is a minute old. */
export function assertionOf(grant: Grant, signer: AssertionSigner, nowMs: number): string {
  if (nowMs >= grant.assertionUntilMs || nowMs < grant.assertionUntilMs - signer.keptMs) {
    grant.assertion = signer.sign(grant.claims, nowMs);
    grant.assertionUntilMs = nowMs + signer.keptMs;
  }
  return grant.assertion;
}
