/** An invariant of ours that does not hold: a defect in Tulou, never the caller's fault. */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws where the condition does not hold. `message` says what was expected. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Returns the value, or throws if it is null or undefined. */
export function must<T>(value: T | null | undefined, message: string): T {
  assert(value !== null && value !== undefined, message);
  return value;
}
