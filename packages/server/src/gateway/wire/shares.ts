/**
 * The number of connections to one upstream that a caller may hold. Without shares, one caller with slow requests takes all
 * connections and denies the API to the others. A request whose content still arrives is the cheapest way to hold a
 * connection, so these requests have separate shares.
 */

/** The connections to an upstream that one exchange holds. */
export class Hold {
  readonly caller: string | undefined;
  streams: boolean;
  readonly #shares: Shares;
  readonly #onFree: () => void;
  #given = false;

  constructor(shares: Shares, caller: string | undefined, streams: boolean, onFree: () => void) {
    this.#shares = shares;
    this.caller = caller;
    this.streams = streams;
    this.#onFree = onFree;
  }

  /** The request is complete: from now on it waits only for the upstream. */
  endStreaming(): void {
    if (!this.streams || this.#given) return;
    this.#shares.endStreaming(this.caller);
    this.streams = false;
    this.#onFree();
  }

  /** Once; safe to call again. */
  giveBack(): void {
    if (this.#given) return;
    this.#given = true;
    this.#shares.giveBack(this.caller, this.streams);
    this.#onFree();
  }
}

export class Shares {
  readonly #ofCaller: number;
  readonly #streamsOfCaller: number;
  readonly #streams: number;
  readonly #held = new Map<string, number>();
  readonly #streaming = new Map<string, number>();
  #streamingAll = 0;

  constructor(connectionsMax: number) {
    this.#ofCaller = Math.max(1, Math.floor((connectionsMax * 3) / 4));
    this.#streamsOfCaller = Math.max(1, Math.floor(connectionsMax / 8));
    this.#streams = Math.max(1, Math.floor(connectionsMax / 2));
  }

  /** Whether `caller` may have one more; undefined: a caller that is not counted. */
  allows(caller: string | undefined, streams: boolean): boolean {
    if (streams && this.#streamingAll >= this.#streams) return false;
    if (caller === undefined) return true;
    if ((this.#held.get(caller) ?? 0) >= this.#ofCaller) return false;
    return !streams || (this.#streaming.get(caller) ?? 0) < this.#streamsOfCaller;
  }

  /** `onFree` is called when a place is free again. */
  take(caller: string | undefined, streams: boolean, onFree: () => void): Hold {
    if (caller !== undefined) this.#held.set(caller, (this.#held.get(caller) ?? 0) + 1);
    if (streams) {
      this.#streamingAll += 1;
      if (caller !== undefined) this.#streaming.set(caller, (this.#streaming.get(caller) ?? 0) + 1);
    }
    return new Hold(this, caller, streams, onFree);
  }

  giveBack(caller: string | undefined, streams: boolean): void {
    if (caller !== undefined) decrease(this.#held, caller);
    if (streams) this.endStreaming(caller);
  }

  endStreaming(caller: string | undefined): void {
    this.#streamingAll -= 1;
    if (caller !== undefined) decrease(this.#streaming, caller);
  }
}

function decrease(counts: Map<string, number>, name: string): void {
  const left = (counts.get(name) ?? 0) - 1;
  if (left > 0) counts.set(name, left);
  else counts.delete(name);
}
