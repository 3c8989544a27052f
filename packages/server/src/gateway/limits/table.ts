/**
 * A bounded hash table in shared memory that all threads write: stripes of 64 slots, each stripe under one lock. A slot
 * begins with its 64-bit key; the rest belongs to the user of the table. Slots are never freed. If a stripe has no empty
 * slot, a new key takes a slot that the user calls idle. Memory is therefore fixed and probing never breaks.
 */
import { assert } from '../../kernel/assert.ts';

const stripeSlots = 64;
/** Per stripe: the lock (0: free, otherwise the number of the holding thread), and a mark that something changed. */
const stripeHeadWords = 2;
/** In the head of the table: the number of evicted slots that were not idle. */
const evictionsAt = 0;
const headWords = 4;
const spinsBeforeWaiting = 200;

/** The rules of a table's user about its slots. `at` is the index of the slot's first word. */
export interface SlotUse {
  /** Whether the slot can be dropped without loss. */
  idle(at: number): boolean;
  /** Among slots that are not idle, the slot with the smallest value is evicted first. */
  worth(at: number): number;
}

export class StripedTable {
  readonly memory: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly stripes: number;
  readonly slotWords: number;
  readonly #slotsFrom: number;

  constructor(memory: SharedArrayBuffer, slotWords: number) {
    this.memory = memory;
    this.words = new Int32Array(memory);
    this.slotWords = slotWords;
    this.stripes = (this.words.length - headWords) / (stripeHeadWords + stripeSlots * slotWords);
    assert(Number.isInteger(Math.log2(this.stripes)), 'a striped table has a power of two of stripes');
    this.#slotsFrom = headWords + this.stripes * stripeHeadWords;
  }

  /** Memory for at least `slots` slots. Untouched pages cost nothing. */
  static memoryFor(slots: number, slotWords: number): SharedArrayBuffer {
    const stripes = 2 ** Math.ceil(Math.log2(Math.max(1, slots / stripeSlots)));
    return new SharedArrayBuffer((headWords + stripes * (stripeHeadWords + stripeSlots * slotWords)) * 4);
  }

  stripeOf(high: number): number {
    return high & (this.stripes - 1);
  }

  /**
   * Takes the lock of a stripe for thread `owner` (≥ 1). A lock is held for well under a microsecond. After some spins it
   * sleeps, at most `waitsMax` times a millisecond. False: the lock was held all the time.
   */
  lock(stripe: number, owner: number, waitsMax = Infinity): boolean {
    const at = headWords + stripe * stripeHeadWords;
    for (let spins = 0; spins - spinsBeforeWaiting <= waitsMax; spins += 1) {
      const holder = Atomics.compareExchange(this.words, at, 0, owner);
      if (holder === 0) return true;
      if (spins > spinsBeforeWaiting) Atomics.wait(this.words, at, holder, 1);
    }
    return false;
  }

  unlock(stripe: number): void {
    Atomics.store(this.words, headWords + stripe * stripeHeadWords, 0);
  }

  /** Frees every lock that a thread held when it died. Its last write is wrong by at most one count. */
  releaseLocksOf(owner: number): void {
    for (let stripe = 0; stripe < this.stripes; stripe += 1) {
      Atomics.compareExchange(this.words, headWords + stripe * stripeHeadWords, owner, 0);
    }
  }

  markChanged(stripe: number): void {
    this.words[headWords + stripe * stripeHeadWords + 1] = 1;
  }

  /** Under the lock: whether something changed since the last call. */
  takeChanged(stripe: number): boolean {
    const at = headWords + stripe * stripeHeadWords + 1;
    const changed = this.words[at] === 1;
    this.words[at] = 0;
    return changed;
  }

  /** Without the lock: a hint that `takeChanged` may find a change. */
  seemsChanged(stripe: number): boolean {
    return Atomics.load(this.words, headWords + stripe * stripeHeadWords + 1) === 1;
  }

  /** Index of the first word of a stripe's slot. */
  slotAt(stripe: number, slot: number): number {
    return this.#slotsFrom + (stripe * stripeSlots + slot) * this.slotWords;
  }

  /** Under the lock: the slot of a key, or -1. */
  find(stripe: number, low: number, high: number): number {
    const start = low & (stripeSlots - 1);
    for (let probe = 0; probe < stripeSlots; probe += 1) {
      const at = this.slotAt(stripe, (start + probe) & (stripeSlots - 1));
      if (this.words[at] === low && this.words[at + 1] === high) return at;
      if (this.words[at] === 0 && this.words[at + 1] === 0) return -1;
    }
    return -1;
  }

  /**
   * Under the lock: a slot for a key that `find` did not find, with its user's words zero. It is an empty slot, otherwise an
   * idle one, otherwise the one of least worth; the last case counts as an eviction.
   */
  claim(stripe: number, low: number, high: number, use: SlotUse): number {
    let chosen = this.#emptySlot(stripe, low);
    if (chosen === -1) chosen = this.#slotToTakeOver(stripe, use);
    this.words.fill(0, chosen, chosen + this.slotWords);
    this.words[chosen] = low;
    this.words[chosen + 1] = high;
    return chosen;
  }

  /** Under the lock: whether `claim` would find a slot that is empty or idle. */
  hasRoom(stripe: number, use: SlotUse): boolean {
    for (let slot = 0; slot < stripeSlots; slot += 1) {
      const at = this.slotAt(stripe, slot);
      if (this.words[at + 1] === 0 || use.idle(at)) return true;
    }
    return false;
  }

  get evictions(): number {
    return Atomics.load(this.words, evictionsAt);
  }

  /** The number of slots that were ever taken: the fill of the table, for metrics. O(slots). */
  countTaken(): number {
    let taken = 0;
    for (let at = this.#slotsFrom; at < this.words.length; at += this.slotWords)
      if (this.words[at + 1] !== 0) taken += 1;
    return taken;
  }

  #emptySlot(stripe: number, low: number): number {
    const start = low & (stripeSlots - 1);
    for (let probe = 0; probe < stripeSlots; probe += 1) {
      const at = this.slotAt(stripe, (start + probe) & (stripeSlots - 1));
      if (this.words[at + 1] === 0) return at;
    }
    return -1;
  }

  #slotToTakeOver(stripe: number, use: SlotUse): number {
    let chosen = this.slotAt(stripe, 0);
    for (let slot = 0; slot < stripeSlots; slot += 1) {
      const at = this.slotAt(stripe, slot);
      if (use.idle(at)) return at;
      if (use.worth(at) < use.worth(chosen)) chosen = at;
    }
    Atomics.add(this.words, evictionsAt, 1);
    return chosen;
  }
}
