/**
 * The writes of one turn of the event loop. Complete requests are sent together, then answers that have become complete. One
 * call records these answers before any of their last octets leaves, so an answer that a client received has been counted.
 * Writing at the end of the turn is cheaper than during it: the first write wakes the peer, and it is awake for the others.
 */
import type { Ended, ExchangeHandler } from './exchange.ts';
import type { UpstreamConnection } from './upstream.ts';
import type { WireExchange } from './wire-exchange.ts';

export class Turn {
  readonly #handler: ExchangeHandler;
  #unsent: UpstreamConnection[] = [];
  #held: WireExchange[] = [];
  #due = false;

  constructor(handler: ExchangeHandler) {
    this.#handler = handler;
  }

  /** A request is complete. */
  send(upstream: UpstreamConnection): void {
    this.#unsent.push(upstream);
    this.#schedule();
  }

  /** An answer is complete. */
  hold(exchange: WireExchange): void {
    this.#held.push(exchange);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#due) return;
    this.#due = true;
    setImmediate(this.#run);
  }

  readonly #run = (): void => {
    const [unsent, held] = [this.#unsent, this.#held];
    this.#unsent = [];
    this.#held = [];
    this.#due = false;
    for (const upstream of unsent) upstream.sendUnsent();
    this.#settle(held);
  };

  #settle(held: readonly WireExchange[]): void {
    const answered: Ended[] = [];
    for (const exchange of held) {
      const outcome = exchange.settle();
      if (outcome.status !== 0) answered.push({ exchange, outcome });
    }
    if (answered.length > 0) this.#handler.commit(answered);
    for (const exchange of held) exchange.release();
  }
}
