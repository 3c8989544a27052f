import type { Violation } from '@tulou/contract';
import type { ExitName } from './exit.ts';

/** What went wrong, in words for the person at the terminal: every command ends by returning or by throwing one of these. */
export interface FailureFacts {
  readonly exit: ExitName;
  /** The platform's code, where the platform answered. */
  readonly code?: string;
  readonly detail?: string;
  readonly violations?: readonly Violation[];
  /** What to do about it. */
  readonly help?: string;
  readonly requestId?: string;
  /** The platform's own problem document, for `--json`. */
  readonly problem?: unknown;
}

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly facts: FailureFacts;

  constructor(title: string, facts: FailureFacts) {
    super(title);
    this.facts = facts;
  }
}

/** The command line is wrong. `help` says how it would be right. */
export const usageFailure = (title: string, help?: string): Failure =>
  new Failure(title, { exit: 'usage', ...(help === undefined ? {} : { help }) });
