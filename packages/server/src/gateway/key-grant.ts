/** The rights of a call by key at an API: the scopes of the key that the app declares and the API defines now. */
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

/** A changed key is a new object, so data computed from the old object is dropped with it. */
const kept = new WeakMap<KeyObject, Map<string, KeyGrant>>();
/** The calls of one key go to few versions. Above this number all grants are made again. */
const grantsPerKeyMax = 16;

/** The grant for calls of a key that holds scopes, derived from the grant of its subscription. */
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
