/**
 * Deadlines of very many connections, coarsely: setting one writes a number, and one timer serves all. An entry stays where
 * it is on the wheel when its deadline moves later, which is what nearly every request does, and is moved on when found there.
 */
import type { Clock, Timer } from '../../kernel/clock.ts';

const SLOTS = 1024;
const NEVER = Number.MAX_SAFE_INTEGER;

/** Something with a deadline. `onDeadline` is called once each time one passes; late by up to two ticks, never early. */
export abstract class WheelEntry {
  /** In ticks; owned by the wheel. */
  deadline = NEVER;
  slot = -1;
  slotTick = NEVER;
  next: WheelEntry | undefined;
  previous: WheelEntry | undefined;

  abstract onDeadline(): void;
}

export class Wheel {
  /** Ticks since the start. */
  now = 0;
  readonly #slots: (WheelEntry | undefined)[] = Array.from({ length: SLOTS });
  readonly #tickMs: number;
  readonly #clock: Clock;
  readonly #start: number;
  readonly #timer: Timer;

  constructor(clock: Clock, tickMs: number) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#start = clock.monotonic();
    this.#timer = clock.every(tickMs, () => this.#advance());
  }

  /** How many ticks from now a time-out of so many milliseconds ends. */
  ticks(durationMs: number): number {
    return Math.ceil(durationMs / this.#tickMs) + 1;
  }

  /** Sets or moves the deadline; `ticks` from now. */
  arm(entry: WheelEntry, ticks: number): void {
    entry.deadline = this.now + ticks;
    if (entry.slot === -1) this.#insert(entry);
    else if (entry.deadline < entry.slotTick) {
      this.#remove(entry);
      this.#insert(entry);
    }
  }

  /** No deadline for now; the entry may stay on the wheel. */
  disarm(entry: WheelEntry): void {
    entry.deadline = NEVER;
  }

  /** Takes the entry off the wheel for good. */
  drop(entry: WheelEntry): void {
    entry.deadline = NEVER;
    if (entry.slot !== -1) this.#remove(entry);
  }

  stop(): void {
    this.#timer.cancel();
  }

  #advance(): void {
    const target = Math.floor((this.#clock.monotonic() - this.#start) / this.#tickMs);
    // After a long stall every slot has been passed; once round is enough.
    if (target - this.now > SLOTS) this.now = target - SLOTS;
    while (this.now < target) {
      this.now += 1;
      this.#turn(this.now % SLOTS);
    }
  }

  #turn(slot: number): void {
    // One at a time: a deadline may take other entries off this very slot.
    for (let entry = this.#slots[slot]; entry !== undefined; entry = this.#slots[slot]) {
      this.#remove(entry);
      this.#visit(entry);
    }
  }

  #visit(entry: WheelEntry): void {
    if (entry.deadline <= this.now) {
      entry.deadline = NEVER;
      entry.onDeadline();
    } else if (entry.deadline !== NEVER) this.#insert(entry);
  }

  #insert(entry: WheelEntry): void {
    // A deadline further away than the wheel is round waits in the last slot and is looked at again there.
    entry.slotTick = Math.min(entry.deadline, this.now + SLOTS - 1);
    const slot = entry.slotTick % SLOTS;
    const first = this.#slots[slot];
    entry.slot = slot;
    entry.previous = undefined;
    entry.next = first;
    if (first !== undefined) first.previous = entry;
    this.#slots[slot] = entry;
  }

  #remove(entry: WheelEntry): void {
    if (entry.previous === undefined) this.#slots[entry.slot] = entry.next;
    else entry.previous.next = entry.next;
    if (entry.next !== undefined) entry.next.previous = entry.previous;
    entry.slot = -1;
    entry.next = undefined;
    entry.previous = undefined;
  }
}
