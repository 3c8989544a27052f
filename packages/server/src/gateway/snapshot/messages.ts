/** Messages to the threads about the configuration. */
import type { SnapshotKind, SnapshotObject } from '@tulou/contract';

/** Keys are in the shared table. Messages carry only keys with scopes, because the table has no room for names. */
export type Plain = SnapshotObject;
export type PlainKind = SnapshotKind;

/** An object in its new state (`index`: the number of an app), or a removed object. */
export type ThreadChange =
  | { readonly object: Plain; readonly index: number }
  | { readonly kind: PlainKind; readonly key: string };

/** The effect of one applied answer on the threads. `keys`: the table that replaces the current one. */
export interface SnapshotMessage {
  readonly type: 'snapshot';
  readonly full: boolean;
  readonly changes: readonly ThreadChange[];
  /** A full message has this instead: JSON arrays of changes in shared memory, so that one packing serves all threads. */
  readonly packed: readonly SharedArrayBuffer[];
  readonly keys: SharedArrayBuffer | undefined;
}

const changesPerPack = 10_000;

/**
 * All changes of a message, one after the other. `onPack` is called before each pack, because a pack takes a thread some
 * time.
 */
export function* changesOf(message: SnapshotMessage, onPack: () => void): Generator<ThreadChange> {
  yield* message.changes;
  for (const pack of message.packed) {
    onPack();
    yield* JSON.parse(Buffer.from(pack).toString('utf8')) as ThreadChange[];
  }
}

/** Packs objects for a full message. */
export function packOf(objects: Iterable<Plain>, told: (object: Plain) => ThreadChange): SharedArrayBuffer[] {
  const packs: SharedArrayBuffer[] = [];
  let some: ThreadChange[] = [];
  for (const object of objects) {
    some.push(told(object));
    if (some.length < changesPerPack) continue;
    packs.push(shared(JSON.stringify(some)));
    some = [];
  }
  return some.length === 0 ? packs : [...packs, shared(JSON.stringify(some))];
}

function shared(text: string): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(Buffer.byteLength(text));
  Buffer.from(memory).write(text);
  return memory;
}
