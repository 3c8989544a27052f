/** What a call by key may do at an API: the scopes of the key, as far as the app declares and the API defines them now. */
import type { SnapshotOf } from '@tulou/contract';
import { callerFieldsOf, type Grant } from './grant.ts';
import type { AppNode, KeyObject } from './snapshot/links.ts';
import { localNames } from './tokens/rights.ts';

interface KeyGrant extends Grant {
  readonly base: Grant;
  readonly declared: AppNode['object'];
  readonly defined: SnapshotOf<'api'>['scopes'];
  /** Local names: those of the version's API. */
  readonly scopes: ReadonlySet<string>;
}

/** A change of the key is a new object, so what was made from the old one goes with it. */
const kept = new WeakMap<KeyObject, Map<string, KeyGrant>>();
/** Versions that one key's calls go to are few; past this, all are made anew. */
const grantsPerKeyMax = 16;

/** The grant for the calls of a key that holds scopes, from that of its subscription. */
export function keyGrantFor(base: Grant, app: AppNode, key: KeyObject): KeyGrant {
  const grants = kept.get(key) ?? new Map<string, KeyGrant>();
  kept.set(key, grants);
  const known = grants.get(base.version.key);
  const declared = app.object;
  const defined = base.version.api.object?.scopes;
  if (known?.base === base && known.declared === declared && known.defined === defined) return known;
  const fresh = makeKeyGrant(base, key, declared, defined);
  if (grants.size >= grantsPerKeyMax) grants.clear();
  grants.set(base.version.key, fresh);
  return fresh;
}

function makeKeyGrant(
  base: Grant,
  key: KeyObject,
  declared: KeyGrant['declared'],
  defined: KeyGrant['defined'],
): KeyGrant {
  const held = (key.scopes ?? []).filter((scope) => declared?.scopes?.includes(scope) === true);
  const scopes = new Set(localNames(base, held, defined));
  const claims = { ...base.claims, scopes: [...scopes].join(' ') };
  const callerFields = callerFieldsOf(claims);
  return { ...base, claims, callerFields, assertion: '', assertionUntilMs: 0, base, declared, defined, scopes };
}
