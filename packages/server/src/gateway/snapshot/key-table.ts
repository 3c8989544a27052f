/**
 * API keys, once in memory for all threads: an open-addressing table in a SharedArrayBuffer, found by credential id. Only the
 * main thread writes. Threads read each record under its sequence number (a seqlock: odd during a write). The generation of a
 * record changes with every write. A thread that has verified a key therefore needs one atomic load to know that the key is
 * unchanged. A full table does not grow in place: a larger one is built and announced.
 */
import type { KeyKind, SnapshotOf } from '@tulou/contract';
import { assert } from '../../kernel/assert.ts';

const recordBytes = 128;
const headerBytes = 128;
const idBytes = 33;

// Offsets inside a record. Words are 32 bit.
const sequenceAt = 0;
const generationAt = 1;
const stateAt = 2;
const appAt = 3;
const expiryByte = 16;
const liveByte = 24;
const publicLengthByte = 25;
const kindByte = 26;
const idByte = 28;
const hashByte = 64;
const publicByte = 96;

const kinds: readonly KeyKind[] = ['bearer', 'ed25519', 'hmac-sha256'];

const empty = 0;
const held = 1;
const removed = 2;

/** The data of a key that a thread needs. */
export interface KeyRecord {
  readonly slot: number;
  readonly generation: number;
  /** Index of the app, as the main thread numbers them. It is never used again for another app. */
  readonly app: number;
  /** Unix milliseconds; Infinity: never. */
  readonly expiresAtMs: number;
  readonly environment: 'test' | 'live';
  /** The key's public id, `key_…`. */
  readonly id: string;
  readonly kind: KeyKind;
  /** SHA-256 of the secret; for an Ed25519 key the public key. */
  readonly hash: Buffer;
}

/** A view of one table. It is cheap to make, and any number of threads may hold a view of the same memory. */
export class KeyTable {
  readonly memory: SharedArrayBuffer;
  readonly slots: number;
  readonly #words: Int32Array;
  readonly #bytes: Buffer;
  readonly #doubles: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.slots = (memory.byteLength - headerBytes) / recordBytes;
    assert(Number.isInteger(Math.log2(this.slots)), 'a key table has a power of two of slots');
    this.#words = new Int32Array(memory);
    this.#bytes = Buffer.from(memory);
    this.#doubles = new Float64Array(memory);
  }

  /** An empty table that holds `keys` at under 70 % load. */
  static sized(keys: number): KeyTable {
    const slots = 2 ** Math.ceil(Math.log2(Math.max(64, keys / 0.7)));
    return new KeyTable(new SharedArrayBuffer(headerBytes + slots * recordBytes));
  }

  /** Whether a record that a thread read at `generation` is still valid. One atomic load is the whole cost of a known key. */
  unchanged(slot: number, generation: number): boolean {
    return Atomics.load(this.#words, wordOf(slot) + generationAt) === generation;
  }

  /** The complete record of a credential id; undefined if there is none. */
  find(id: string): KeyRecord | undefined {
    const slot = this.#slotOf(id);
    return slot === -1 ? undefined : this.#read(slot);
  }

  #read(slot: number): KeyRecord | undefined {
    const word = wordOf(slot);
    for (;;) {
      const before = Atomics.load(this.#words, word + sequenceAt);
      if ((before & 1) === 1) continue;
      const state = Atomics.load(this.#words, word + stateAt);
      const record = this.#copy(slot);
      if (Atomics.load(this.#words, word + sequenceAt) === before) return state === held ? record : undefined;
    }
  }

  #copy(slot: number): KeyRecord {
    const byte = byteOf(slot);
    const publicLength = this.#bytes[byte + publicLengthByte] ?? 0;
    return {
      slot,
      generation: Atomics.load(this.#words, wordOf(slot) + generationAt),
      app: (this.#words[wordOf(slot) + appAt] ?? 0) >>> 0,
      expiresAtMs: (this.#doubles[(byte + expiryByte) / 8] ?? 0) * 1000,
      environment: this.#bytes[byte + liveByte] === 1 ? 'live' : 'test',
      kind: kinds[this.#bytes[byte + kindByte] ?? 0] ?? 'bearer',
      id: this.#bytes.toString('latin1', byte + publicByte, byte + publicByte + publicLength),
      hash: Buffer.from(this.#bytes.subarray(byte + hashByte, byte + hashByte + 32)),
    };
  }

  /**
   * Writer only. Adds or replaces a key. `generation` must be new for this table and the tables before it. Returns the app of
   * the replaced record.
   */
  put(key: SnapshotOf<'key'>, app: number, generation: number): number | undefined {
    const found = this.#slotOf(key.key);
    const before = found === -1 ? undefined : (this.#words[wordOf(found) + appAt] ?? 0) >>> 0;
    const slot = found === -1 ? this.#freeSlotFor(key.key) : found;
    const byte = byteOf(slot);
    this.#write(slot, generation, () => {
      this.#words[wordOf(slot) + appAt] = app | 0;
      this.#doubles[(byte + expiryByte) / 8] = key.expires_at ?? Infinity;
      this.#bytes[byte + liveByte] = key.environment === 'live' ? 1 : 0;
      this.#bytes[byte + publicLengthByte] = key.id.length;
      this.#bytes[byte + kindByte] = kinds.indexOf(key.method ?? 'bearer');
      this.#bytes.write(key.key, byte + idByte, idBytes, 'latin1');
      this.#bytes.write(key.hash, byte + hashByte, 32, 'base64url');
      this.#bytes.write(key.id, byte + publicByte, 32, 'latin1');
      Atomics.store(this.#words, wordOf(slot) + stateAt, held);
    });
    return before;
  }

  /** Writer only. Returns whether the key existed. Its slot stays taken, so that probing for other keys passes over it. */
  remove(id: string, generation: number): boolean {
    const slot = this.#slotOf(id);
    if (slot === -1) return false;
    this.#write(slot, generation, () => Atomics.store(this.#words, wordOf(slot) + stateAt, removed));
    return true;
  }

  /** Writer only. Copies every key that `from` holds. Returns their number. */
  copyFrom(from: KeyTable, generation: () => number): number {
    let count = 0;
    for (let slot = 0; slot < from.slots; slot += 1) {
      if (Atomics.load(from.#words, wordOf(slot) + stateAt) !== held) continue;
      const byte = byteOf(slot);
      const target = this.#freeSlotFor(from.#bytes.toString('latin1', byte + idByte, byte + idByte + idBytes));
      from.#bytes.copy(this.#bytes, byteOf(target) + 8, byte + 8, byte + recordBytes);
      Atomics.store(this.#words, wordOf(target) + generationAt, generation() | 0);
      count += 1;
    }
    return count;
  }

  #write(slot: number, generation: number, change: () => void): void {
    const word = wordOf(slot);
    Atomics.add(this.#words, word + sequenceAt, 1);
    change();
    Atomics.store(this.#words, word + generationAt, generation | 0);
    Atomics.add(this.#words, word + sequenceAt, 1);
  }

  #slotOf(id: string): number {
    if (id.length !== idBytes) return -1;
    let slot = hashOf(id) & (this.slots - 1);
    for (let probes = 0; probes < this.slots; probes += 1) {
      const state = Atomics.load(this.#words, wordOf(slot) + stateAt);
      if (state === empty) return -1;
      if (state === held && this.#holds(slot, id)) return slot;
      slot = (slot + 1) & (this.slots - 1);
    }
    return -1;
  }

  #holds(slot: number, id: string): boolean {
    const at = byteOf(slot) + idByte;
    for (let i = 0; i < idBytes; i += 1) if (this.#bytes[at + i] !== id.charCodeAt(i)) return false;
    return true;
  }

  #freeSlotFor(id: string): number {
    let slot = hashOf(id) & (this.slots - 1);
    for (let probes = 0; probes < this.slots; probes += 1) {
      if (Atomics.load(this.#words, wordOf(slot) + stateAt) !== held) return slot;
      slot = (slot + 1) & (this.slots - 1);
    }
    assert(false, 'a key table is replaced before it is full');
  }
}

const wordOf = (slot: number): number => (headerBytes + slot * recordBytes) >>> 2;
const byteOf = (slot: number): number => headerBytes + slot * recordBytes;

/** FNV-1a with a final mix. Control draws ids from a CSPRNG, so no client can choose ids that collide. */
function hashOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i += 1) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) >>> 0;
}
