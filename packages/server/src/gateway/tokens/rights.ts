/** What a token may do at an API: its own scopes, as far as the installation and the app hold them at this moment. */
import type { AssertionClaims } from '../assertion.ts';
import { callerFieldsOf, type Grant } from '../grant.ts';
import type { InstallationObject } from '../snapshot/links.ts';
import type { State } from '../snapshot/state.ts';
import { interned, partiesText, type Interned } from '../usage/record.ts';
import { limitsOf } from './limits.ts';
import type { Pass, Rights, TokenGrant } from './tokens.ts';

/** Versions that one token's calls go to are few; past this, all are made anew. */
const grantsPerTokenMax = 16;

/** The installation behind a pass: the one its token names, of its tenant, for its app. Only active ones are known. */
export function installationOf({ token, app }: Pass, state: State): InstallationObject | undefined {
  const found = state.installation(token.installation);
  return found?.tenant === token.tenant && found.app === app.key ? found : undefined;
}

/** Token ∩ installation ∩ app. Kept on the pass until one of the two is changed. */
export function rightsOf(pass: Pass, installation: InstallationObject): Rights {
  const app = pass.app.object;
  const known = pass.rights;
  if (known?.installation === installation && known.app === app) return known;
  const granted = new Set(installation.scopes);
  const declared = new Set(app?.scopes);
  const scopes = pass.token.scopes.filter((scope) => granted.has(scope) && declared.has(scope));
  pass.rights = { scopes, installation, app };
  return pass.rights;
}

/** The grant for this token's calls, from that of its subscription. Kept on the pass while both are the ones in force. */
export function tokenGrantFor(base: Grant, pass: Pass, rights: Rights): TokenGrant {
  const known = pass.grants.get(base.version.key);
  const defined = base.version.api.object?.scopes;
  if (known?.base === base && known.rights === rights && known.defined === defined) return known;
  const scopes = new Set(localNames(base, rights, defined));
  const limits = limitsOf(pass.token.limits, fullName(base, ''), scopes);
  const claims: AssertionClaims = {
    ...base.claims,
    tenant: rights.installation.tenant,
    installation: rights.installation.key,
    ...(pass.token.user === undefined ? {} : { user: pass.token.user }),
    scopes: [...scopes].join(' '),
    ...(limits.length === 0 ? {} : { authorization_details: limits }),
  };
  const callerFields = callerFieldsOf(claims);
  const parties = partiesOf(base, pass, rights.installation);
  const fresh = {
    ...base,
    parties,
    claims,
    callerFields,
    assertion: '',
    assertionUntilMs: 0,
    base,
    rights,
    defined,
    scopes,
  };
  if (pass.grants.size >= grantsPerTokenMax) pass.grants.clear();
  pass.grants.set(base.version.key, fresh);
  return fresh;
}

/** By installation and version: all tokens of one share what the spool calls them. */
const kept = new WeakMap<InstallationObject, Map<string, Interned>>();
const versionsPerInstallationMax = 64;

function partiesOf({ version }: Grant, { app }: Pass, installation: InstallationObject): Interned {
  const byVersion = kept.get(installation) ?? new Map<string, Interned>();
  kept.set(installation, byVersion);
  const { tenant, api } = version.object;
  const text = partiesText(tenant, app.object?.tenant ?? null, api, version.key, app.key, installation);
  const known = byVersion.get(version.key);
  if (known?.text === text) return known;
  const fresh = interned(text);
  if (byVersion.size >= versionsPerInstallationMax) byVersion.clear();
  byVersion.set(version.key, fresh);
  return fresh;
}

/** The full name of a scope of the API that a grant is for: `<tenant slug>/<api slug>:<name>`. */
export const fullName = ({ claims }: Grant, name: string): string => `${claims.aud}:${name}`;

/** Those that the API has (a deleted one is nobody's). RFC 6749 §3.3 says what a scope is made of; what isn't goes into no header field. */
function localNames(base: Grant, { scopes }: Rights, defined: TokenGrant['defined']): string[] {
  const prefix = fullName(base, '');
  return scopes
    .filter((scope) => scope.startsWith(prefix))
    .map((scope) => scope.slice(prefix.length))
    .filter((name) => defined === undefined || defined.some((scope) => scope.name === name))
    .filter((name) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(name))
    .toSorted();
}
