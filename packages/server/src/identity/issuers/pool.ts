/** The providers in use, one an issuer, as many as the bound says; the one that was used longest ago goes first. */
export interface Pool<T> {
  /** The issuer's value, built if there is none. Concurrent callers get the same one. A failure is not kept. */
  get(issuer: string): Promise<T>;
  /**
   * If the issuer has a value, builds it again and replaces the old one when the new one is complete. Requests in progress
   * keep theirs.
   */
  renew(issuer: string): Promise<void>;
  /** Forgets the issuer's. */
  drop(issuer: string): void;
}

export function openPool<T>(build: (issuer: string) => Promise<T>, sizeMax: number): Pool<T> {
  const held = new Map<string, Promise<T>>();
  const keep = (issuer: string, one: Promise<T>): Promise<T> => {
    held.delete(issuer);
    held.set(issuer, one);
    const [oldest] = held.keys();
    if (held.size > sizeMax && oldest !== undefined) held.delete(oldest);
    return one;
  };
  return {
    get(issuer) {
      const known = held.get(issuer);
      if (known !== undefined) return keep(issuer, known);
      const built = build(issuer);
      built.catch(() => held.get(issuer) === built && held.delete(issuer));
      return keep(issuer, built);
    },
    async renew(issuer) {
      if (!held.has(issuer)) return;
      const built = await build(issuer);
      void keep(issuer, Promise.resolve(built));
    },
    drop: (issuer) => void held.delete(issuer),
  };
}
