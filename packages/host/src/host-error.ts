/** A fault of the machine or its configuration that an operator can correct. */
export class HostError extends Error {
  override readonly name = 'HostError';
  /** The fault itself. */
  readonly reason: string;
  readonly remedy: string;

  constructor(reason: string, remedy: string, cause?: unknown) {
    super(`${reason} ${remedy}`, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.remedy = remedy;
  }
}
