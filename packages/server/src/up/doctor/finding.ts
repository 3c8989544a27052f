/** The finding of one check of `tulou doctor`. */
import { OperatorError } from '../../kernel/operator-error.ts';

export interface Finding {
  readonly check: string;
  /** `warning`: Tulou runs, but less well than it could. `wrong`: it will not run, or does not. */
  readonly verdict: 'ok' | 'warning' | 'wrong';
  readonly detail: string;
  /** How to correct it; only if it is not ok. */
  readonly remedy?: string;
}

export type Outcome = Omit<Finding, 'check'>;

export const ok = (detail: string): Outcome => ({ verdict: 'ok', detail });
export const warning = (detail: string, remedy: string): Outcome => ({ verdict: 'warning', detail, remedy });
export const wrong = (detail: string, remedy: string): Outcome => ({ verdict: 'wrong', detail, remedy });

/** The error that a check threw, as its finding. */
export function outcomeOf(error: unknown): Outcome {
  if (error instanceof OperatorError) return wrong([error.message, ...error.evidence].join('\n'), error.remedy);
  return wrong(String(error), 'Report this as a defect: a check itself failed.');
}
