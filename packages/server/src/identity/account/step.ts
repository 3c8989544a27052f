/** The parts of an account page. */
import type { Form, PromptDeps } from '../asking.ts';
import type { Wrong } from '../web/layout.ts';
import type { Self } from '../self.ts';

/** Further messages of the page. */
export interface Saying {
  readonly wrong?: Wrong;
  readonly done?: string;
}

export interface AccountStep {
  show(self: Self, deps: PromptDeps): Promise<void>;
  take(self: Self, form: Form, deps: PromptDeps): Promise<void>;
}
