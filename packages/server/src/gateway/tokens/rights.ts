/** The rights of a token at an API: its own scopes, within the current scopes of the installation and the app. */
import type { AssertionClaims } from '../assertion.ts';
import { callerFieldsOf, type Grant } from '../grant.ts';
import type { InstallationObject } from '../snapshot/links.ts';
import type { State } from '../snapshot/state.ts';
import { interned, partiesText, type Interned } from '../usage/record.ts';
import { limitsOf } from './limits.ts';
import type { Pass, Rights, TokenGrant } from './tokens.ts';

/** The calls of one token go to few versions. Above this number all grants are made again. */
const grantsPerTokenMax = 16;

/** The installation of a pass: the one that its token names, of its tenant, for its app. Only active ones are known. */
export function installationOf({ token, app }: Pass, state: State): InstallationObject | undefined {
  const found = state.installation(token.installation);
  return found?.tenant === token.tenant && found.app === app.key ? found : undefined;
}

/** Token ∩ installation ∩ app. It is kept on the pass until the installation or the app changes. */
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

/**
 * The grant for calls of this token, derived from the grant of its subscription. It is kept on the pass while both are in
 * force.
 */
export function tokenGrantFor(base: Grant, pass: Pass, rights: Rights): TokenGrant {
  const known = pass.grants.get(base.version.key);
  const defined = base.version.api.object?.scopes;
  if (known?.base === base && known.rights === rights && known.defined === defined) return known;
  const scopes = new Set(localNames(base, rights.scopes, defined));
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

/** By installation and version: all tokens of one installation share their names in the spool. */
const kept = new WeakMap<InstallationObject, Map<string, Interned>>();
const versionsPerInstallationMax = 64;

function partiesOf({ version, environment }: Grant, { app }: Pass, installation: InstallationObject): Interned {
  const byVersion = kept.get(installation) ?? new Map<string, Interned>();
  kept.set(installation, byVersion);
  const { tenant: provider, api } = version.object;
  const consumer = app.object?.tenant ?? null;
  const parties = { provider, consumer, api, version: version.key, app: app.key, environment, installed: installation };
  const text = partiesText(parties);
  const name = environment === 'live' ? version.key : `${version.key} ${environment}`;
  const known = byVersion.get(name);
  if (known?.text === text) return known;
  const fresh = interned(text);
  if (byVersion.size >= versionsPerInstallationMax) byVersion.clear();
  byVersion.set(name, fresh);
  return fresh;
}

/** The full name of a scope of the API that a grant is for: `<tenant slug>/<api slug>:<name>`. */
export const fullName = ({ claims }: Grant, name: string): string => `${claims.aud}:${name}`;

/**
 * The scopes that the API has; a deleted scope counts for no token. RFC 6749 §3.3 defines the characters of a scope; other
 * texts go into no header field.
 */
export function localNames(base: Grant, scopes: readonly string[], defined: TokenGrant['defined']): string[] {
  const prefix = fullName(base, '');
  return scopes
    .filter((scope) => scope.startsWith(prefix))
    .map((scope) => scope.slice(prefix.length))
    .filter((name) => defined === undefined || defined.some((scope) => scope.name === name))
    .filter((name) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(name))
    .toSorted();
}
