import type { ErrorCode } from '@tulou/contract';
import type { Call, Gate, Step } from '../call.ts';
import { grantFor } from '../grant.ts';
import { keyGrantFor } from '../key-grant.ts';
import type { Identity } from '../keyring.ts';
import { fullName, installationOf, rightsOf, tokenGrantFor } from '../tokens/rights.ts';
import type { Pass } from '../tokens/tokens.ts';

/**
 * Decides whether this app may call this API: its tenant is active, and it has a subscription. Open versions need no
 * subscription. An operation with scopes requires them from the token, within its installation, or from the key. A key acts
 * for the app's own tenant and needs no installation.
 */
export const authorise: Step = {
  name: 'authorise',
  refusals: [
    'tenant_suspended',
    'installation_required',
    'subscription_required',
    'environment_unavailable',
    'request_ambiguous',
    'operation_unknown',
    'credential_missing',
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
    return (pass === undefined ? admitKey(call, gate) : admitToken(call, gate, pass)) ?? checkOperation(call, gate);
  },
};

function admit(call: Call, gate: Gate): ErrorCode | undefined {
  const { version, subscription } = call;
  if (version === undefined) return 'subscription_required';
  if (subscription === undefined && version.object.access !== 'open') return 'subscription_required';
  const environment = call.identity?.environment ?? 'live';
  if (version.targets[environment] === undefined) return 'environment_unavailable';
  call.grant = grantFor(version, { subscription, environment }, gate.seed);
  return undefined;
}

const none: ReadonlySet<string> = new Set();

/** Calls by key, and calls without a credential, which open versions accept. */
function admitKey(call: Call, gate: Gate): ErrorCode | undefined {
  const refusal = admit(call, gate);
  const { grant, identity } = call;
  if (refusal !== undefined || grant === undefined) return refusal;
  call.held = none;
  const key = identity?.credential === undefined ? undefined : call.state.scopedKey(identity.credential);
  if (identity === undefined || key === undefined) return undefined;
  const scoped = keyGrantFor(grant, identity.app, key);
  call.grant = scoped;
  call.held = scoped.scopes;
  return undefined;
}

function admitToken(call: Call, gate: Gate, pass: Pass): ErrorCode | undefined {
  const installation = installationOf(pass, call.state);
  if (installation === undefined) {
    call.remedy = `An admin of the tenant can install the app at ${installUrl(gate, pass, '')}`;
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
 * Determines the operation, and whether the token holds its scopes. This follows the identification of the caller: no one
 * else may learn which operations exist.
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
  const { identity, pass } = call;
  if (identity === undefined) return 'credential_missing';
  const scopes = lacking.join(' ');
  call.challenge = `Bearer realm="tulou", error="insufficient_scope", scope="${scopes}"`;
  if (pass === undefined) return refuseKey(call, identity, lacking);
  call.detail = `The operation needs ${scopes}.`;
  call.remedy = `An admin of the tenant can grant it at ${installUrl(gate, pass, scopes)}`;
  return 'scope_required';
}

/** Above this number the command would be longer than its explanation. */
const scopesShownMax = 8;

function refuseKey(call: Call, { app: node, key, credential }: Identity, lacking: readonly string[]): ErrorCode {
  const app = node.object;
  const held = credential === undefined ? [] : (call.state.scopedKey(credential)?.scopes ?? []);
  const path = `${node.tenant?.object?.slug ?? ''} ${app?.slug ?? ''}`;
  const undeclared = lacking.filter((scope) => app?.scopes?.includes(scope) !== true);
  const wanted = [...new Set([...held, ...lacking])];
  const flags = wanted.length > scopesShownMax ? ['--scopes …'] : wanted.map((scope) => `--scopes ${scope}`);
  const declare = `The app does not declare ${undeclared.join(' ')}: add it with \`tulou apps update ${path} --scopes …\` first. `;
  call.detail = `The operation requires ${lacking.join(' ')}, and the key does not hold it.`;
  call.remedy =
    `${undeclared.length === 0 ? '' : declare}Give it to the key: ` +
    `\`tulou keys update ${path} ${key?.text ?? ''} ${flags.join(' ')}\``;
  return 'scope_required';
}

/** Whether a scope of high risk is used while the gateway cannot know if it was revoked. */
function isTooRisky(call: Call, gate: Gate, scopes: readonly string[]): boolean {
  if (scopes.length === 0 || !gate.freshness.isStale(call.atMs)) return false;
  const risks = call.version?.api.object?.scopes ?? [];
  return scopes.some((name) => risks.some((scope) => scope.name === name && scope.risk === 'high'));
}

/** The page where an admin of the tenant grants the app its scopes. */
function installUrl(gate: Gate, { app, token }: Pass, scopes: string): string {
  const url = new URL('/account/install', gate.platformUrl);
  url.searchParams.set('app', `${app.tenant?.object?.slug ?? ''}/${app.object?.slug ?? ''}`);
  url.searchParams.set('tenant', token.tenant);
  if (scopes !== '') url.searchParams.set('scopes', scopes);
  return url.href;
}
