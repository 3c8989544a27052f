/** The texts of one language in the shape of another's: what is missing does not compile. */
export type Told<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { readonly [K in keyof T]: Told<T[K]> };
