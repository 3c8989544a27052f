/** Time, as a dependency. Nothing else in the server reads a clock or sets a timer; tests pass their own. */
export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall clock, milliseconds since the Unix epoch. May jump. */
  now(): number;
  /** Milliseconds with fractions since some moment; never goes back. For durations and timeouts. */
  monotonic(): number;
  /** Runs `task` once after `delayMs`. A timer does not keep the process alive. */
  after(delayMs: number, task: () => void): Timer;
  /** Runs `task` every `periodMs`, never twice in parallel: the next period starts when the task has ended. */
  every(periodMs: number, task: () => void | Promise<void>): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs);
    timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
  every(periodMs, task) {
    let timer: NodeJS.Timeout | undefined;
    let cancelled = false;
    const arm = (): void => {
      if (cancelled) return;
      timer = setTimeout(() => void Promise.resolve(task()).finally(arm), periodMs);
      timer.unref();
    };
    arm();
    return {
      cancel() {
        cancelled = true;
        clearTimeout(timer);
      },
    };
  },
};

/** Waits; rejects with the signal's reason when it is aborted first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    return undefined;
  });
}
