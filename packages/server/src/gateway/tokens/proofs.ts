/**
 * Proofs that were used, in memory that all threads share: each is good once. Never makes room by forgetting one that could
 * still come again: a full table refuses.
 */
import { hash64, type Hash64 } from '../limits/hash.ts';
import { StripedTable, type SlotUse } from '../limits/table.ts';

/** The 64-bit name, and when it may be forgotten. */
const wordsPerProof = 3;
const untilAt = 2;

export class UsedProofs {
  readonly table: StripedTable;
  /** Proofs of before are refused, Unix seconds: nobody remembers which of them were used. */
  readonly sinceSeconds: number;
  readonly #owner: number;
  readonly #seed: Hash64;
  #nowSeconds = 0;
  readonly #use: SlotUse = {
    idle: (at) => (this.table.words[at + untilAt] ?? 0) < this.#nowSeconds,
    worth: (at) => this.table.words[at + untilAt] ?? 0,
  };

  constructor(memory: SharedArrayBuffer, options: { owner: number; seed: Hash64; sinceSeconds: number }) {
    this.table = new StripedTable(memory, wordsPerProof);
    this.sinceSeconds = options.sinceSeconds;
    this.#owner = options.owner;
    this.#seed = options.seed;
  }

  static memoryFor(proofs: number): SharedArrayBuffer {
    return StripedTable.memoryFor(proofs, wordsPerProof);
  }

  /** Uses the proof `name` up; false: it was used before, or there is no place to remember it until `untilSeconds`. */
  burn(name: string, untilSeconds: number, nowSeconds: number): boolean {
    const { low, high } = hash64(name, this.#seed);
    const stripe = this.table.stripeOf(high);
    this.table.lock(stripe, this.#owner);
    this.#nowSeconds = nowSeconds;
    const at = this.#place(stripe, low, high);
    if (at !== -1) this.table.words[at + untilAt] = untilSeconds;
    this.table.unlock(stripe);
    return at !== -1;
  }

  #place(stripe: number, low: number, high: number): number {
    const found = this.table.find(stripe, low, high);
    if (found !== -1) return this.#use.idle(found) ? found : -1;
    return this.table.hasRoom(stripe, this.#use) ? this.table.claim(stripe, low, high, this.#use) : -1;
  }
}
