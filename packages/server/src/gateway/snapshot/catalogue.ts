/**
 * The whole configuration of the main thread: the messages for a thread that starts, the last valid state of every object,
 * the quarantined objects, and the position in the feed. It converts an answer of the feed into the message that threads
 * apply.
 */
import type { SnapshotChange, SnapshotHead, SnapshotKind, SnapshotObject, SnapshotOf } from '@tulou/contract';
import { readChange } from './door.ts';
import { KeyTable } from './key-table.ts';
import { packOf, type Plain, type SnapshotMessage, type ThreadChange } from './messages.ts';

/** The position in the feed. No `epoch`: nothing has been read. */
export interface Position {
  readonly epoch: string;
  readonly seq: number;
}

/** The effect of an answer: the message for the threads, and for each change whether it was rejected. */
export interface Applied {
  /** Made on request, because a full message costs as much as all objects. Request it before the next answer is applied. */
  readonly message: () => SnapshotMessage;
  readonly quarantined: ReadonlySet<SnapshotChange>;
  /** Objects that were broken in a full answer, in the last valid state that was kept for them. */
  readonly carried: readonly SnapshotChange[];
}

/** Above this number of quarantined objects, only their number is kept. */
const quarantineNamesMax = 1000;
const unknownKindsMax = 100;

export class Catalogue {
  #position: Position | undefined;
  #objects = new Map<string, Plain>();
  #apps = new AppNumbers();
  #keys = KeyTable.sized(0);
  #keyCount = 0;
  /** Keys with scopes, by the id of the credential. The shared table has no room for scopes. */
  #scopedKeys = new Map<string, SnapshotOf<'key'>>();
  #keySlotsUsed = 0;
  #generation = 0;
  readonly #quarantine = new Map<string, string>();
  #quarantinedMore = 0;
  /** Names of objects whose kind this gateway does not know. They are bounded by the bounds of the feed's answers. */
  readonly #unknown = new Set<string>();
  readonly #unknownKinds = new Set<string>();

  get position(): Position | undefined {
    return this.#position;
  }

  /** The number of objects that keep an older state, or are absent, because a broken one arrived. */
  get quarantined(): number {
    return this.#quarantine.size + this.#quarantinedMore;
  }

  /** Names (`kind key`) and reasons of quarantined objects, at most the first thousand. */
  get quarantine(): ReadonlyMap<string, string> {
    return this.#quarantine;
  }

  /** The number of objects of kinds that this gateway does not know. They are on its disk, and have no effect. */
  get unknown(): number {
    return this.#unknown.size;
  }

  /** Unknown kinds that arrived, at most a hundred. */
  get unknownKinds(): ReadonlySet<string> {
    return this.#unknownKinds;
  }

  get keyCount(): number {
    return this.#keyCount;
  }

  get objectCount(): number {
    return this.#objects.size + this.#keyCount;
  }

  /**
   * Whether an answer may follow the current state: never an older `seq` of the same epoch, never a delta of another epoch. A
   * refusal is a reason; the whole answer must then be discarded.
   */
  refusal(head: SnapshotHead): string | undefined {
    const held = this.#position;
    if (held === undefined) return head.full ? undefined : 'a delta came before any full snapshot';
    if (head.epoch !== held.epoch) return head.full ? undefined : 'a delta of another epoch';
    return head.seq < held.seq ? `sequence ${head.seq} is older than ${held.seq}` : undefined;
  }

  /** Applies one whole answer that `refusal` accepts. */
  apply(head: SnapshotHead, changes: readonly SnapshotChange[]): Applied {
    const quarantined = new Set<SnapshotChange>();
    const carried: SnapshotChange[] = [];
    const message = head.full ? this.#replace(changes, quarantined, carried) : this.#advance(changes, quarantined);
    this.#position = { epoch: head.epoch, seq: head.seq };
    return { message, quarantined, carried };
  }

  /** The whole configuration, for a thread that starts. */
  everything(): SnapshotMessage {
    const packed = packOf([...this.#objects.values(), ...this.#scopedKeys.values()], (object) => this.#told(object));
    return { type: 'snapshot', full: true, changes: [], packed, keys: this.#keys.memory };
  }

  #advance(changes: readonly SnapshotChange[], quarantined: Set<SnapshotChange>): () => SnapshotMessage {
    const table = this.#keys;
    const told: ThreadChange[] = [];
    this.#reserveKeys(changes.filter(({ kind }) => kind === 'key').length);
    for (const change of changes) this.#take(change, told, quarantined, undefined);
    const keys = table === this.#keys ? undefined : this.#keys.memory;
    return () => ({ type: 'snapshot', full: false, changes: told, packed: [], keys });
  }

  /** Builds the new state beside the old one, so that the threads change from one complete state to the next. */
  #replace(
    changes: readonly SnapshotChange[],
    quarantined: Set<SnapshotChange>,
    carried: SnapshotChange[],
  ): () => SnapshotMessage {
    const before = {
      objects: this.#objects,
      keys: this.#keys,
      scopedKeys: this.#scopedKeys,
      apps: this.#apps,
      carried,
    };
    this.#objects = new Map();
    this.#apps = before.apps.successor();
    this.#keys = KeyTable.sized(changes.filter(({ kind }) => kind === 'key').length);
    this.#keyCount = 0;
    this.#scopedKeys = new Map();
    this.#keySlotsUsed = 0;
    this.#quarantine.clear();
    this.#quarantinedMore = 0;
    this.#unknown.clear();
    for (const change of changes) this.#take(change, undefined, quarantined, before);
    return () => this.everything();
  }

  #take(
    change: SnapshotChange,
    told: ThreadChange[] | undefined,
    quarantined: Set<SnapshotChange>,
    before: Before | undefined,
  ): void {
    const name = `${change.kind} ${change.key}`;
    const reading = readChange(change);
    if (reading.verdict === 'broken') {
      quarantined.add(change);
      this.#setAside(name, reading.reason);
      if (before !== undefined) this.#carryOver(change, before);
      return;
    }
    this.#quarantine.delete(name);
    if (reading.verdict === 'unknown') this.#note(change);
    else if (reading.verdict === 'gone') this.#drop(reading.kind, change.key, told);
    else this.#hold(reading.object, told);
  }

  #note({ kind, key, object }: SnapshotChange): void {
    if (object === null) this.#unknown.delete(`${kind} ${key}`);
    else this.#unknown.add(`${kind} ${key}`);
    if (this.#unknownKinds.size < unknownKindsMax) this.#unknownKinds.add(kind);
  }

  #setAside(name: string, reason: string): void {
    if (this.#quarantine.has(name) || this.#quarantine.size < quarantineNamesMax) this.#quarantine.set(name, reason);
    else this.#quarantinedMore += 1;
  }

  /** A full answer with a broken object: the object keeps its last valid state. */
  #carryOver(change: SnapshotChange, before: Before): void {
    const good = change.kind === 'key' ? goodKey(change, before) : before.objects.get(`${change.kind} ${change.key}`);
    if (good === undefined) return;
    before.carried.push({ ...change, object: good });
    this.#hold(good, undefined);
  }

  #hold(object: SnapshotObject, told: ThreadChange[] | undefined): void {
    if (object.kind === 'key') return this.#holdKey(object, told);
    const name = `${object.kind} ${object.key}`;
    if (object.kind === 'app' && !this.#objects.has(name)) this.#apps.acquire(object.key);
    this.#objects.set(name, object);
    told?.push(this.#told(object));
  }

  #holdKey(key: SnapshotOf<'key'>, told: ThreadChange[] | undefined): void {
    this.#tellScopes(key, told);
    const before = this.#keys.put(key, this.#apps.acquire(key.app), this.#nextGeneration());
    if (before !== undefined) return this.#apps.release(before);
    this.#keyCount += 1;
    this.#keySlotsUsed += 1;
  }

  #tellScopes(key: SnapshotOf<'key'>, told: ThreadChange[] | undefined): void {
    if (key.scopes === undefined || key.scopes.length === 0) return this.#dropScopes(key.key, told);
    this.#scopedKeys.set(key.key, key);
    told?.push(this.#told(key));
    return undefined;
  }

  #dropScopes(id: string, told: ThreadChange[] | undefined): void {
    if (this.#scopedKeys.delete(id)) told?.push({ kind: 'key', key: id });
  }

  #drop(kind: SnapshotKind, key: string, told: ThreadChange[] | undefined): void {
    if (kind === 'key') return this.#dropKey(key, told);
    const name = `${kind} ${key}`;
    if (!this.#objects.delete(name)) return;
    if (kind === 'app') this.#apps.release(this.#apps.numberOf(key));
    told?.push({ kind, key });
  }

  #dropKey(id: string, told: ThreadChange[] | undefined): void {
    this.#dropScopes(id, told);
    const old = this.#keys.find(id);
    if (old === undefined) return;
    this.#keys.remove(id, this.#nextGeneration());
    this.#apps.release(old.app);
    this.#keyCount -= 1;
  }

  #told(object: Plain): ThreadChange {
    return { object, index: object.kind === 'app' ? this.#apps.numberOf(object.key) : 0 };
  }

  /** Slots of removed keys count as used, because probing still passes over them. A new table drops them. */
  #reserveKeys(incoming: number): void {
    if (this.#keySlotsUsed + incoming <= this.#keys.slots * 0.75) return;
    const larger = KeyTable.sized((this.#keyCount + incoming) * 1.4);
    this.#keySlotsUsed = larger.copyFrom(this.#keys, () => this.#nextGeneration());
    this.#keys = larger;
  }

  #nextGeneration(): number {
    this.#generation = (this.#generation + 1) | 0;
    return this.#generation;
  }
}

interface Before {
  readonly objects: ReadonlyMap<string, Plain>;
  readonly scopedKeys: ReadonlyMap<string, SnapshotOf<'key'>>;
  readonly keys: KeyTable;
  readonly apps: AppNumbers;
  readonly carried: SnapshotChange[];
}

/** The object of a key, from its record in the table. */
function goodKey(change: SnapshotChange, before: Before): SnapshotOf<'key'> | undefined {
  const record = before.keys.find(change.key);
  const app = record === undefined ? undefined : before.apps.nameOf(record.app);
  const { scopes } = before.scopedKeys.get(change.key) ?? {};
  if (record === undefined || app === undefined) return undefined;
  return {
    kind: 'key',
    key: change.key,
    id: record.id,
    tenant: change.tenant,
    app,
    environment: record.environment,
    ...(record.kind === 'bearer' ? {} : { method: record.kind }),
    ...(scopes === undefined ? {} : { scopes }),
    hash: record.hash.toString('base64url'),
    expires_at: record.expiresAtMs === Infinity ? null : record.expiresAtMs / 1000,
  };
}

/** Numbers for apps, so that the record of a key names its app in one word. A number is never given to a second app. */
class AppNumbers {
  readonly #byName = new Map<string, { readonly number: number; uses: number }>();
  readonly #names = new Map<number, string>();
  #next: number;

  constructor(next = 1) {
    this.#next = next;
  }

  /** An empty registry that continues the count, so that earlier numbers stay unused. */
  successor(): AppNumbers {
    return new AppNumbers(this.#next);
  }

  nameOf(number: number): string | undefined {
    return this.#names.get(number);
  }

  numberOf(name: string): number {
    return this.#byName.get(name)?.number ?? 0;
  }

  acquire(name: string): number {
    const known = this.#byName.get(name);
    if (known !== undefined) {
      known.uses += 1;
      return known.number;
    }
    const number = this.#next;
    this.#next += 1;
    this.#byName.set(name, { number, uses: 1 });
    this.#names.set(number, name);
    return number;
  }

  release(number: number): void {
    const name = this.#names.get(number);
    const entry = name === undefined ? undefined : this.#byName.get(name);
    if (name === undefined || entry === undefined) return;
    entry.uses -= 1;
    if (entry.uses > 0) return;
    this.#byName.delete(name);
    this.#names.delete(number);
  }
}
