/** A fault of the machine or its configuration that an operator can correct. */
export class HostError extends Error {
  override readonly name = 'HostError';
  readonly remedy: string;

  constructor(message: string, remedy: string, cause?: unknown) {
    super(`${message} ${remedy}`, cause === undefined ? undefined : { cause });
    this.remedy = remedy;
  }
}
