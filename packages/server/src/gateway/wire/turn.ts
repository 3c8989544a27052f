/**
 * Answers that have become complete in this turn of the event loop. They are recorded together, with one call, before any of
 * their last octets leaves: what a client saw answered has been counted.
 */
import type { Ended, ExchangeHandler } from './exchange.ts';
import type { WireExchange } from './wire-exchange.ts';

export class Turn {
  readonly #handler: ExchangeHandler;
  #held: WireExchange[] = [];

  constructor(handler: ExchangeHandler) {
    this.#handler = handler;
  }

  hold(exchange: WireExchange): void {
    if (this.#held.push(exchange) === 1) setImmediate(this.#run);
  }

  /** Records and flushes at once: for when no further turn may come. */
  readonly #run = (): void => {
    const held = this.#held;
    this.#held = [];
    const answered: Ended[] = [];
    for (const exchange of held) {
      const outcome = exchange.settle();
      if (outcome.status !== 0) answered.push({ exchange, outcome });
    }
    if (answered.length > 0) this.#handler.commit(answered);
    for (const exchange of held) exchange.release();
  };
}
