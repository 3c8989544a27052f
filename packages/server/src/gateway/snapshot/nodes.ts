/** Nodes by key that live as long as something refers to them, their own object included. */
export class Nodes<N extends { readonly key: string }> {
  readonly #held = new Map<string, { readonly node: N; uses: number }>();
  readonly #make: (key: string) => N;

  constructor(make: (key: string) => N) {
    this.#make = make;
  }

  get(key: string): N | undefined {
    return this.#held.get(key)?.node;
  }

  /** The node of `key`, made where there is none, with one more use. */
  acquire(key: string): N {
    const held = this.#held.get(key) ?? { node: this.#make(key), uses: 0 };
    held.uses += 1;
    this.#held.set(key, held);
    return held.node;
  }

  /** Takes back one use; the last one lets the node go. */
  release(node: N): void {
    const held = this.#held.get(node.key);
    if (held === undefined) return;
    held.uses -= 1;
    if (held.uses === 0) this.#held.delete(node.key);
  }
}
