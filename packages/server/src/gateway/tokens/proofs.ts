/**
 * Proofs that were used, in memory that all threads share: each is good once. Never makes room by forgetting one that could
 * still come again: a full table refuses.
 */
import { hash64, type Hash64 } from '../limits/hash.ts';
import { StripedTable, type SlotUse } from '../limits/table.ts';

/** What must be good once: a proof, or the nonce of a signed request. */
export interface Once {
  readonly name: string;
  /** Until when it could come again, Unix seconds. */
  readonly untilSeconds: number;
}

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

  /** Whether it was used up before. Asked first, so that what comes again costs its sender nothing but the answer. */
  wasUsed({ name }: Once, nowSeconds: number): boolean {
    const { low, high } = hash64(name, this.#seed);
    const stripe = this.table.stripeOf(high);
    this.table.lock(stripe, this.#owner);
    this.#nowSeconds = nowSeconds;
    const found = this.table.find(stripe, low, high);
    const isUsed = found !== -1 && !this.#use.idle(found);
    this.table.unlock(stripe);
    return isUsed;
  }

  /** Uses it up; `full`: there is no place to remember it. */
  burn({ name, untilSeconds }: Once, nowSeconds: number): 'burned' | 'used' | 'full' {
    const { low, high } = hash64(name, this.#seed);
    const stripe = this.table.stripeOf(high);
    this.table.lock(stripe, this.#owner);
    this.#nowSeconds = nowSeconds;
    const found = this.table.find(stripe, low, high);
    const isUsed = found !== -1 && !this.#use.idle(found);
    const at = found === -1 ? this.#place(stripe, low, high) : found;
    if (!isUsed && at !== -1) this.table.words[at + untilAt] = untilSeconds;
    this.table.unlock(stripe);
    if (isUsed) return 'used';
    return at === -1 ? 'full' : 'burned';
  }

  #place(stripe: number, low: number, high: number): number {
    return this.table.hasRoom(stripe, this.#use) ? this.table.claim(stripe, low, high, this.#use) : -1;
  }
}
