/**
 * Whether a thread turns, in memory that it shares with the main thread. A missed beat alone says little: on a busy machine
 * healthy threads wait for a core. So a thread counts as hung when it has not turned although it had the core nearly all the
 * time, or when it has not turned for long, as one that waits for what never comes.
 */
export class Heartbeat {
  readonly memory: SharedArrayBuffer;
  readonly #beats: Int32Array;

  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.#beats = new Int32Array(memory);
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(4);
  }

  /** The thread, each time its loop turns, and between the parts of what takes long. */
  beat(): void {
    Atomics.add(this.#beats, 0, 1);
  }

  get beats(): number {
    return Atomics.load(this.#beats, 0);
  }
}

export const beatEveryMs = 200;
