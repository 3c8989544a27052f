/**
 * Judges whether something that should beat is hung. A heartbeat alone kills healthy processes on a busy machine, so the
 * processor time counts too: without a beat for `spinningMs` and busy nearly all that time, it runs in a circle; without a
 * beat for `silentMs` it waits for what never comes. Time in which the judge itself did not run counts for nothing.
 */
export interface HungBounds {
  readonly spinningMs: number;
  readonly silentMs: number;
}

export const hungBounds: HungBounds = { spinningMs: 10_000, silentMs: 30_000 };

/** The share of a core that a hung process uses, over the time without a beat. */
const busyShare = 0.8;
/** Between two looks at most so much time counts: a judge that was late, or a machine that slept, says nothing about others. */
const lookMsMax = 2000;

export class HungJudge {
  readonly #bounds: HungBounds;
  #beats = -1;
  #lookedAtMs = 0;
  #withoutBeatMs = 0;
  #cpuAtBeatMs: number | undefined;

  constructor(bounds: HungBounds) {
    this.#bounds = bounds;
  }

  /** Looks at it, every second or so. `cpuMs`: its processor time so far; undefined: not known. A text says why it is hung. */
  look(beats: number, cpuMs: number | undefined, nowMs: number): string | undefined {
    const passedMs = Math.min(lookMsMax, nowMs - this.#lookedAtMs);
    this.#lookedAtMs = nowMs;
    if (beats !== this.#beats) {
      this.#beats = beats;
      this.#withoutBeatMs = 0;
      this.#cpuAtBeatMs = cpuMs;
      return undefined;
    }
    this.#withoutBeatMs += passedMs;
    const seconds = Math.round(this.#withoutBeatMs / 1000);
    if (this.#withoutBeatMs >= this.#bounds.silentMs) return `no sign of life for ${seconds} s`;
    if (this.#withoutBeatMs < this.#bounds.spinningMs || cpuMs === undefined) return undefined;
    const busyMs = cpuMs - (this.#cpuAtBeatMs ?? cpuMs);
    return busyMs >= busyShare * this.#withoutBeatMs ? `busy without a turn for ${seconds} s` : undefined;
  }
}
