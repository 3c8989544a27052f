/**
 * Used proofs, in memory that all threads share: each proof is valid once. A proof that could come again is never dropped to
 * make room: a full table refuses.
 */
import { hash64, type Hash64 } from '../limits/hash.ts';
import { StripedTable, type SlotUse } from '../limits/table.ts';

/** A value that is valid once: a proof, or the nonce of a signed request. */
export interface Once {
  readonly name: string;
  /** The time until which it could come again, Unix seconds. */
  readonly untilSeconds: number;
}

/** The 64-bit name, and the time after which it may be dropped. */
const wordsPerProof = 3;
const untilAt = 2;

export class UsedProofs {
  readonly table: StripedTable;
  /** Proofs before this time are refused, Unix seconds: there is no record of their use. */
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

  /** Whether it was used up before. This is checked first, so that a repeated proof costs nothing but the answer. */
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

  /** Uses it up. `full`: there is no room to remember it. */
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
