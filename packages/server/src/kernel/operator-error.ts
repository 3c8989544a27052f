/**
 * Something is wrong on this machine or in this installation, and a person can correct it. `main.ts` prints it without a
 * stack and ends with `exitCode`.
 */
export interface OperatorErrorOptions {
  /** The remedy, as whole sentences. */
  readonly remedy: string;
  /** Lines from another program that say more; printed as they are. */
  readonly evidence?: readonly string[];
  readonly cause?: unknown;
}

export class OperatorError extends Error {
  override readonly name = 'OperatorError';
  /** Stable, for programs: `port_in_use`, `data_in_use` … */
  readonly code: string;
  readonly remedy: string;
  readonly evidence: readonly string[];

  constructor(code: string, message: string, { remedy, evidence = [], cause }: OperatorErrorOptions) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.remedy = remedy;
    this.evidence = evidence;
  }
}
