/** The exchanges that wait for a connection: first come, first served among the requests of one caller, in turn among callers. */
export class Queues<T> {
  readonly #queues = new Map<string, Set<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(name: string, item: T): void {
    const queue = this.#queues.get(name) ?? new Set();
    queue.add(item);
    this.#queues.set(name, queue);
    this.#size += 1;
  }

  /** false: it was not in the queue. */
  delete(name: string, item: T): boolean {
    const queue = this.#queues.get(name);
    if (queue?.delete(item) !== true) return false;
    if (queue.size === 0) this.#queues.delete(name);
    this.#size -= 1;
    return true;
  }

  /** The first of the first queue whose next one passes `may`. That queue then becomes the last. */
  next(may: (item: T) => boolean): T | undefined {
    for (const [name, queue] of this.#queues) {
      const [first] = queue;
      if (first === undefined || !may(first)) continue;
      this.delete(name, first);
      if (queue.size > 0) {
        this.#queues.delete(name);
        this.#queues.set(name, queue);
      }
      return first;
    }
    return undefined;
  }

  *[Symbol.iterator](): Generator<T> {
    for (const queue of this.#queues.values()) yield* queue;
  }
}
