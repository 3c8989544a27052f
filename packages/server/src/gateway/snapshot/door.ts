/**
 * The entry of configuration into the gateway. Every object is parsed separately, so that a broken one is rejected
 * (quarantined) without an effect on the others. Nothing here throws: an unreadable object is a reason. An object of a kind
 * that only a newer control has is not broken. It is kept, and takes effect in a gateway that knows the kind.
 */
import {
  isSnapshotKind,
  snapshotKinds,
  type SnapshotChange,
  type SnapshotKind,
  type SnapshotObject,
  type SnapshotOf,
} from '@tulou/contract';
import { importKeys } from './issuer-keys.ts';

/** The meaning of a change: an object to take, a removed object, an object of an unknown kind, or a rejected one. */
export type Reading =
  | { readonly verdict: 'take'; readonly object: SnapshotObject }
  | { readonly verdict: 'gone'; readonly kind: SnapshotKind }
  | { readonly verdict: 'unknown' }
  | { readonly verdict: 'broken'; readonly reason: string };

/** Reads one change of the feed or of the disk. */
export function readChange(change: SnapshotChange): Reading {
  const { kind } = change;
  if (!isSnapshotKind(kind)) return { verdict: 'unknown' };
  if (change.object === null) return { verdict: 'gone', kind };
  const parsed = snapshotKinds[kind].safeParse(change.object);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { verdict: 'broken', reason: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'unreadable'}` };
  }
  const reason = disagreement(change, parsed.data);
  return reason === undefined ? { verdict: 'take', object: parsed.data } : { verdict: 'broken', reason };
}

/** The checks that a schema cannot express: the object is the one that its envelope names, and its addresses can be called. */
function disagreement(change: SnapshotChange, object: SnapshotObject): string | undefined {
  if (object.kind !== change.kind || object.key !== change.key) return 'the object is not the one that its line names';
  if ('tenant' in object && object.tenant !== change.tenant) return 'the object names another tenant than its line';
  if (object.kind === 'version') return upstreamFault(object.upstreams.map(({ url }) => url));
  if (object.kind === 'key') return keyFault(object.key, object.id);
  if (object.kind === 'issuer') return issuerFault(object);
  return undefined;
}

function upstreamFault(urls: readonly string[]): string | undefined {
  for (const url of urls) {
    const parsed = URL.parse(url);
    if (parsed === null || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
      return 'upstreams: not an http or https URL';
    }
    if (parsed.username !== '' || parsed.password !== '') return 'upstreams: the URL holds a credential';
  }
  return undefined;
}

/** The threads make keys from these messages, and must not fail. */
function issuerFault(issuer: SnapshotOf<'issuer'>): string | undefined {
  try {
    importKeys(issuer);
    return undefined;
  } catch (error) {
    return `keys: ${error instanceof Error ? error.message : 'unreadable'}`;
  }
}

/** The shared table has room for exactly these shapes. */
function keyFault(credentialId: string, publicId: string): string | undefined {
  if (!/^[0-9A-Za-z]{33}$/.test(credentialId)) return 'key: not the id of a credential';
  return /^[\x21-\x7e]{1,32}$/.test(publicId) ? undefined : 'id: not an id';
}
