/** Nodes by key. A node lives while something refers to it; its own object counts too. */
export class Nodes<N extends { readonly key: string }> {
  readonly #held = new Map<string, { readonly node: N; uses: number }>();
  readonly #make: (key: string) => N;

  constructor(make: (key: string) => N) {
    this.#make = make;
  }

  get(key: string): N | undefined {
    return this.#held.get(key)?.node;
  }

  /** The node of `key`, created if it is absent, with one more use. */
  acquire(key: string): N {
    const held = this.#held.get(key) ?? { node: this.#make(key), uses: 0 };
    held.uses += 1;
    this.#held.set(key, held);
    return held.node;
  }

  /** Removes one use. The last removal drops the node. */
  release(node: N): void {
    const held = this.#held.get(node.key);
    if (held === undefined) return;
    held.uses -= 1;
    if (held.uses === 0) this.#held.delete(node.key);
  }
}
