import type { ErrorCode } from '@tulou/contract';
import type { Call, Gate, Step } from '../call.ts';
import { grantFor } from '../grant.ts';
import { fullName, installationOf, rightsOf, tokenGrantFor } from '../tokens/rights.ts';
import type { Pass } from '../tokens/tokens.ts';

/**
 * Whether this app may call this API: its tenant is active, and it has a subscription. Open versions need none. A token's call
 * also needs the installation behind it, and the scopes of the operation; a key acts for the app's own tenant, and its
 * subscription is all it needs.
 */
export const authorise: Step = {
  name: 'authorise',
  refusals: [
    'tenant_suspended',
    'installation_required',
    'subscription_required',
    'request_ambiguous',
    'operation_unknown',
    'scope_required',
    'stale_configuration',
  ],
  run(call, gate) {
    const { version, identity, pass } = call;
    if (version === undefined) return 'subscription_required';
    if (identity !== undefined) {
      if (identity.app.tenant?.object?.state !== 'active') return 'tenant_suspended';
      if (pass !== undefined && call.state.tenant(pass.token.tenant)?.state !== 'active') return 'tenant_suspended';
      const subscription = identity.app.subscriptions.get(version.object.api);
      if (subscription?.plan.object !== undefined) call.subscription = subscription;
    }
    return (pass === undefined ? admit(call, gate) : admitToken(call, gate, pass)) ?? checkOperation(call, gate);
  },
};

function admit(call: Call, gate: Gate): ErrorCode | undefined {
  const { version, subscription } = call;
  if (version === undefined) return 'subscription_required';
  if (subscription === undefined && version.object.access !== 'open') return 'subscription_required';
  call.grant = grantFor(version, subscription, gate.seed);
  return undefined;
}

function admitToken(call: Call, gate: Gate, pass: Pass): ErrorCode | undefined {
  const installation = installationOf(pass, call.state);
  if (installation === undefined) {
    call.detail = `An admin of the tenant can install the app at ${installUrl(gate, pass, '')}`;
    return 'installation_required';
  }
  const refusal = admit(call, gate);
  if (refusal !== undefined || call.grant === undefined) return refusal;
  const grant = tokenGrantFor(call.grant, pass, rightsOf(pass, installation));
  call.grant = grant;
  call.held = grant.scopes;
  return undefined;
}

/**
 * Which operation it is, and whether the token holds its scopes. After the caller is known: nobody else learns what operations
 * there are.
 */
function checkOperation(call: Call, gate: Gate): ErrorCode | undefined {
  const { version, grant, scopes, held } = call;
  if (version?.guarded !== true) return undefined;
  if (call.ambiguity !== undefined) {
    call.detail = call.ambiguity;
    return 'request_ambiguous';
  }
  if (call.operation === undefined && version.strict) return 'operation_unknown';
  if (held === undefined || grant === undefined) return undefined;
  const lacking = scopes.filter((name) => !held.has(name)).map((name) => fullName(grant, name));
  if (lacking.length > 0) return refuseLacking(call, gate, lacking);
  return isTooRisky(call, gate, scopes) ? 'stale_configuration' : undefined;
}

function refuseLacking(call: Call, gate: Gate, lacking: readonly string[]): ErrorCode {
  const scopes = lacking.join(' ');
  call.detail = `The operation needs ${scopes}.`;
  if (call.pass !== undefined)
    call.detail += ` An admin of the tenant can grant it at ${installUrl(gate, call.pass, scopes)}`;
  call.challenge = `Bearer realm="tulou", error="insufficient_scope", scope="${scopes}"`;
  return 'scope_required';
}

/** Whether a scope of high risk is used while it is unknown if somebody has taken it back. */
function isTooRisky(call: Call, gate: Gate, scopes: readonly string[]): boolean {
  if (scopes.length === 0 || !gate.freshness.isStale(call.atMs)) return false;
  const risks = call.version?.api.object?.scopes ?? [];
  return scopes.some((name) => risks.some((scope) => scope.name === name && scope.risk === 'high'));
}

/** Where an admin of the tenant grants the app what it asks for. */
function installUrl(gate: Gate, { app, token }: Pass, scopes: string): string {
  const url = new URL('/account/install', gate.platformUrl);
  url.searchParams.set('app', `${app.tenant?.object?.slug ?? ''}/${app.object?.slug ?? ''}`);
  url.searchParams.set('tenant', token.tenant);
  if (scopes !== '') url.searchParams.set('scopes', scopes);
  return url.href;
}
