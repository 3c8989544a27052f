/**
 * Time for limits. A wall clock that is set forward would end every window immediately and grant all calls again. One that is
 * set back would hold callers in windows of the future. Windows therefore use a clock that runs evenly from the start of the
 * gateway and is the same for all threads. Calendar months follow the wall clock with a delay: a time that is wrong for a
 * moment must not begin a month.
 */
import type { Clock } from '../../kernel/clock.ts';
import type { Log } from '../../kernel/log.ts';

/** A difference to the wall clock up to this bound is followed immediately: time services correct such differences gradually. */
const slewMsMax = 1500;
/** A larger difference is followed when it has lasted for this time. */
const lastsMs = 10 * 60_000;

export class SteadyTime {
  readonly memory: SharedArrayBuffer;
  readonly #clock: Clock;
  readonly #calendarShift: Float64Array;
  readonly #wallAtStart: number;
  readonly #monotonicAtStart: number;
  #since: number | undefined;
  #jumpMs = 0;

  /** `aheadMs`: the lead of an earlier clock that this one must agree with, in the same memory. */
  constructor(clock: Clock, memory = SteadyTime.memory(), aheadMs = 0) {
    this.memory = memory;
    this.#clock = clock;
    this.#calendarShift = new Float64Array(memory);
    this.#wallAtStart = clock.now() + aheadMs;
    this.#monotonicAtStart = clock.monotonic();
  }

  static memory(): SharedArrayBuffer {
    return new SharedArrayBuffer(8);
  }

  /** Milliseconds since the Unix epoch, as the wall clock said at the start. Never goes back. */
  now(): number {
    return this.#wallAtStart + this.#clock.monotonic() - this.#monotonicAtStart;
  }

  /** The same for calendar months. */
  calendarNow(): number {
    return this.now() + (this.#calendarShift[0] ?? 0);
  }

  /** How far this clock is ahead of the wall clock. */
  get aheadMs(): number {
    return this.now() - this.#clock.now();
  }

  /** Main thread, every second: moves the calendar to the wall clock, and reports when the wall clock was set. */
  follow(log: Log): void {
    const jumpMs = this.#clock.now() - this.calendarNow();
    if (Math.abs(jumpMs) <= slewMsMax) {
      this.#since = undefined;
      this.#calendarShift[0] = -this.aheadMs;
      return;
    }
    const now = this.#clock.monotonic();
    if (this.#since === undefined || Math.abs(jumpMs - this.#jumpMs) > slewMsMax) {
      this.#since = now;
      this.#jumpMs = jumpMs;
      const fields = { seconds: Math.round(jumpMs / 1000) };
      log.warn(fields, 'the wall clock was set: windows of limits continue evenly, months follow it in ten minutes');
    } else if (now - this.#since >= lastsMs) this.#calendarShift[0] = -this.aheadMs;
  }
}
