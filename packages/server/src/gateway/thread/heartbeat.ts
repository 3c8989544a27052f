/**
 * Whether a thread makes progress, in memory that it shares with the main thread. A missed beat alone proves little, because
 * healthy threads wait for a core on a busy machine. A thread counts as hung when it made no progress although it had the
 * core nearly all the time. It also counts as hung after a long time without progress, because it may wait for an event that
 * never comes.
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

  /** The thread calls this each time its event loop turns, and between the parts of long work. */
  beat(): void {
    Atomics.add(this.#beats, 0, 1);
  }

  get beats(): number {
    return Atomics.load(this.#beats, 0);
  }
}

export const beatEveryMs = 200;
