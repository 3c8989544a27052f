/**
 * Calls in flight by subject, exact over threads: the `concurrency` of a plan. Each thread counts in its own word, so that
 * the places of a dead thread can be released.
 */
import { StripedTable, type SlotUse } from './table.ts';
import type { Hash64 } from './hash.ts';

const keyWords = 2;
const wordsFor = (threads: number): number => keyWords + threads + (threads % 2);

export class Slots {
  readonly table: StripedTable;
  readonly #threads: number;
  readonly #owner: number;
  readonly #use: SlotUse = { idle: (at) => this.#sum(at) === 0, worth: (at) => this.#sum(at) };

  /** `owner` is the number of this thread, from 1; the main thread has `threads` + 1 and takes none. */
  constructor(memory: SharedArrayBuffer, threads: number, owner: number) {
    this.table = new StripedTable(memory, wordsFor(threads));
    this.#threads = threads;
    this.#owner = owner;
  }

  static memoryFor(slots: number, threads: number): SharedArrayBuffer {
    return StripedTable.memoryFor(slots, wordsFor(threads));
  }

  /** Takes one of `max` places of a subject; false: all are taken. */
  take(subject: Hash64, max: number): boolean {
    const stripe = this.table.stripeOf(subject.high);
    this.table.lock(stripe, this.#owner);
    const found = this.table.find(stripe, subject.low, subject.high);
    const at = found === -1 ? this.table.claim(stripe, subject.low, subject.high, this.#use) : found;
    const free = this.#sum(at) < max;
    if (free) this.#add(at, 1);
    this.table.unlock(stripe);
    return free;
  }

  /** Releases a place. Called once for each place that was taken. */
  release(subject: Hash64): void {
    const stripe = this.table.stripeOf(subject.high);
    this.table.lock(stripe, this.#owner);
    const at = this.table.find(stripe, subject.low, subject.high);
    if (at !== -1 && this.#own(at) > 0) this.#add(at, -1);
    this.table.unlock(stripe);
  }

  /** The number of taken places of a subject, over all threads. */
  inUse(subject: Hash64): number {
    const stripe = this.table.stripeOf(subject.high);
    this.table.lock(stripe, this.#owner);
    const at = this.table.find(stripe, subject.low, subject.high);
    const sum = at === -1 ? 0 : this.#sum(at);
    this.table.unlock(stripe);
    return sum;
  }

  /** Releases all places that a dead thread held. */
  releaseAllOf(owner: number): void {
    this.table.releaseLocksOf(owner);
    for (let stripe = 0; stripe < this.table.stripes; stripe += 1) {
      this.table.lock(stripe, this.#owner);
      for (let slot = 0; slot < 64; slot += 1) {
        this.table.words[this.table.slotAt(stripe, slot) + keyWords + owner - 1] = 0;
      }
      this.table.unlock(stripe);
    }
  }

  #own(at: number): number {
    return this.table.words[at + keyWords + this.#owner - 1] ?? 0;
  }

  #add(at: number, difference: number): void {
    this.table.words[at + keyWords + this.#owner - 1] = this.#own(at) + difference;
  }

  #sum(at: number): number {
    let sum = 0;
    for (let thread = 0; thread < this.#threads; thread += 1) sum += this.table.words[at + keyWords + thread] ?? 0;
    return sum;
  }
}
