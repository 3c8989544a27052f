/** Time and chance, as dependencies. The program that opens a host passes its own; tests pass theirs. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May jump. */
  now(): number;
  /** Milliseconds with fractions since some moment; never goes back. For durations and timeouts. */
  monotonic(): number;
  after(delayMs: number, task: () => void): Timer;
  every(periodMs: number, task: () => void | Promise<void>): Timer;
}

export interface Random {
  bytes(count: number): Uint8Array;
}

/** Waits. */
export const sleep = (clock: Clock, delayMs: number): Promise<void> =>
  new Promise((resolve) => void clock.after(delayMs, resolve));

/** The value of `promise`, or undefined after `timeoutMs`. */
export async function within<T>(clock: Clock, timeoutMs: number, promise: Promise<T>): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = clock.after(timeoutMs, () => late.resolve(undefined));
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    timer.cancel();
  }
}
