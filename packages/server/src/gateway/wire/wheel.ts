/**
 * Approximate deadlines of very many connections. Setting a deadline writes a number, and one timer serves all. Nearly every
 * request moves a deadline later. The entry then keeps its place on the wheel and is moved when the wheel reaches it.
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

  /** The number of ticks from now to the end of a time-out in milliseconds. */
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

  /** Clears the deadline. The entry may stay on the wheel. */
  disarm(entry: WheelEntry): void {
    entry.deadline = NEVER;
  }

  /** Removes the entry from the wheel permanently. */
  drop(entry: WheelEntry): void {
    entry.deadline = NEVER;
    if (entry.slot !== -1) this.#remove(entry);
  }

  stop(): void {
    this.#timer.cancel();
  }

  #advance(): void {
    const target = Math.floor((this.#clock.monotonic() - this.#start) / this.#tickMs);
    // After a long stall every slot has been passed. One round is enough.
    if (target - this.now > SLOTS) this.now = target - SLOTS;
    while (this.now < target) {
      this.now += 1;
      this.#turn(this.now % SLOTS);
    }
  }

  #turn(slot: number): void {
    // One at a time: a deadline may remove other entries from this slot.
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
    // A deadline beyond one round of the wheel waits in the last slot and is checked again there.
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
