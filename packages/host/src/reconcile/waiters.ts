/** Calls that wait for an instance of one revision: in order, bounded in number, each with its deadline. */
import type { Clock, Timer } from '../clock.ts';

interface Waiter<T> {
  readonly give: (value: T) => void;
  readonly fail: (error: Error) => void;
  readonly timer: Timer;
}

export class Waiters<T> {
  readonly #waiting = new Set<Waiter<T>>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Waits for its turn. `late` makes the error of a deadline; an aborted caller leaves without one. */
  wait(timeoutMs: number, late: () => Error, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      const leave = (error: Error): void => {
        if (!this.#waiting.delete(waiter)) return;
        waiter.timer.cancel();
        signal.removeEventListener('abort', abort);
        reject(error);
      };
      const abort = (): void => leave(new Error('the caller has ended the call'));
      const waiter: Waiter<T> = {
        timer: this.#clock.after(timeoutMs, () => leave(late())),
        fail: leave,
        give: (value) => {
          if (!this.#waiting.delete(waiter)) return;
          waiter.timer.cancel();
          signal.removeEventListener('abort', abort);
          resolve(value);
        },
      };
      this.#waiting.add(waiter);
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
    });
  }

  /** Gives the first its turn. */
  next(value: T): void {
    const [first] = this.#waiting;
    first?.give(value);
  }

  failAll(error: Error): void {
    for (const waiter of this.#waiting) waiter.fail(error);
  }
}
