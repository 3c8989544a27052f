/** Keeps one part of the platform running: starts it again when it ends by itself, more slowly each time. */
import { sleep, type Clock } from '../kernel/clock.ts';
import type { Log } from '../kernel/log.ts';

export interface Part {
  /** Settles when the part has ended, for whatever reason; never rejects. */
  readonly ended: Promise<void>;
  /** Drains and ends it. */
  stop(): Promise<void>;
}

export interface Keeper<P extends Part> {
  /** The part as it runs now. */
  current(): P;
  /** Ends the part and does not start it again. */
  stop(): Promise<void>;
}

const firstDelayMs = 100;
const delayMsMax = 10_000;
/** A part that ran so long is well: its next end is a new trouble, not the same. */
const wellMs = 60_000;

/** Starts a part, and rejects where the first start fails; later ones are tried until `stop`. */
export async function keep<P extends Part>(
  name: string,
  start: () => Promise<P>,
  clock: Clock,
  log: Log,
): Promise<Keeper<P>> {
  const stopping = new AbortController();
  let part = await start();
  const watching = watch();
  return {
    current: () => part,
    async stop() {
      stopping.abort();
      await part.stop();
      await watching;
    },
  };

  async function watch(): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      const startedAt = clock.monotonic();
      await part.ended;
      if (stopping.signal.aborted) return;
      if (clock.monotonic() - startedAt > wellMs) failures = 0;
      log.error({ part: name }, 'a part of the platform ended by itself; starting it again');
      if (!(await restart(failures))) return;
    }
  }

  /** False: `stop` came first. A start that is under way then is waited for and undone. */
  async function restart(failures: number): Promise<boolean> {
    for (let attempt = failures; ; attempt += 1) {
      try {
        await sleep(clock, Math.min(firstDelayMs * 2 ** attempt, delayMsMax), stopping.signal);
        part = await start();
      } catch (error) {
        if (stopping.signal.aborted) return false;
        log.error({ part: name, error: String(error) }, 'it could not be started');
        continue;
      }
      if (!stopping.signal.aborted) return true;
      await part.stop();
      return false;
    }
  }
}
