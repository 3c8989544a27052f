import type { Violation } from '@tulou/contract';
import type { ExitName } from './exit.ts';
import { inLanguage, type Text } from './language/say.ts';

/** A failure in words for the user. Every command ends by returning or by throwing one of these. */
export interface FailureFacts {
  readonly exit: ExitName;
  /** The platform's code, where the platform answered. */
  readonly code?: string;
  readonly detail?: Text;
  readonly violations?: readonly Violation[];
  /** The remedy. */
  readonly help?: Text;
  readonly requestId?: string;
  /** The platform and the credential of the request. */
  readonly via?: Text;
  /** The platform's own problem document, for `--json`. */
  readonly problem?: unknown;
}

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly title: Text;
  readonly facts: FailureFacts;

  constructor(title: Text, facts: FailureFacts) {
    super(inLanguage(title, 'en'));
    this.title = title;
    this.facts = facts;
  }

  /** The same failure, with more facts. */
  with(facts: Partial<FailureFacts>): Failure {
    return new Failure(this.title, { ...this.facts, ...facts });
  }
}

/** A wrong command line. `help` shows the correct one. */
export const usageFailure = (title: Text, help?: Text): Failure =>
  new Failure(title, { exit: 'usage', ...(help === undefined ? {} : { help }) });
