/** Time and chance, and the way to the network: what a test, or a run-time with its own ways, puts something else for. */
export interface System {
  readonly fetch: typeof globalThis.fetch;
  /** Milliseconds since the Unix epoch. */
  readonly now: () => number;
  /** Never the same twice, and not to be guessed. */
  readonly unique: () => string;
}

export const defaultSystem: System = {
  // Looked up at each call: who replaces `globalThis.fetch` to trace calls means these too.
  fetch: (input, init) => globalThis.fetch(input, init),
  now: () => Date.now(),
  unique: () => crypto.randomUUID(),
};
