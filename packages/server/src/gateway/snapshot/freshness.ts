/**
 * The time at which control last confirmed the configuration, in memory that all threads share. It is wall-clock time,
 * because threads share no other clock. After the clock is set back, the configuration counts as stale until the next
 * confirmation.
 */
const staleAfterSeconds = 60;

export class Freshness {
  readonly memory: SharedArrayBuffer;
  readonly #seconds: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#seconds = new Int32Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(4);
  }

  /** Main thread: control has just answered. */
  confirm(nowMs: number): void {
    Atomics.store(this.#seconds, 0, Math.floor(nowMs / 1000));
  }

  /** Whether the last confirmation is too old, or absent since the start, to exclude a revocation. */
  isStale(nowMs: number): boolean {
    const age = nowMs / 1000 - Atomics.load(this.#seconds, 0);
    return age > staleAfterSeconds || age < -1;
  }
}
