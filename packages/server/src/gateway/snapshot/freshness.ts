/**
 * When control last confirmed the configuration, in memory that all threads share. Wall clock, as threads have no other one
 * in common; a clock that was set back counts as stale until the next confirmation.
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

  /** Whether too long ago, or never since the start, to still be sure that nothing has been taken back. */
  isStale(nowMs: number): boolean {
    const age = nowMs / 1000 - Atomics.load(this.#seconds, 0);
    return age > staleAfterSeconds || age < -1;
  }
}
