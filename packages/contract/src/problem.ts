/** An error as an answer: `application/problem+json` (RFC 9457), in the language of the caller. */
import { detailZh } from './details.zh.ts';
import { errors, type ErrorCode, type ErrorEntry } from './errors.ts';
import { zh } from './errors.zh.ts';
import type { Language } from './language.ts';

/** One thing that is wrong in what the caller sent. `pointer` is RFC 6901, into the body, or a parameter's name. */
export interface Violation {
  readonly pointer: string;
  readonly message: string;
  readonly line?: number;
  readonly column?: number;
}

/** The body of every error answer, `application/problem+json` (RFC 9457 §3). */
export interface ProblemBody {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ErrorCode;
  readonly fault: ErrorEntry['fault'];
  readonly help: string;
  readonly detail?: string;
  readonly violations?: readonly Violation[];
}

/** The title and remedy of an error in a language. */
export const errorWords = (code: ErrorCode, language: Language): Pick<ErrorEntry, 'title' | 'help'> =>
  language === 'zh-CN' ? zh[code] : errors[code];

/** Builds the body of an error answer. `detail` is public: it must not reveal whether an object of another tenant exists. */
export function problemBody(
  code: ErrorCode,
  detail?: string,
  violations?: readonly Violation[],
  language: Language = 'en',
): ProblemBody {
  const { status, fault } = errors[code];
  const { title, help } = errorWords(code, language);
  return {
    type: `urn:tulou:error:${code}`,
    title,
    status,
    code,
    fault,
    help,
    ...(detail === undefined ? {} : { detail: language === 'zh-CN' ? detailZh(detail) : detail }),
    ...(violations === undefined ? {} : { violations }),
  };
}

/** Thrown by handlers. `message` and `cause` are for the log; only `code`, `detail` and `violations` reach the caller. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly violations: readonly Violation[] | undefined;

  constructor(code: ErrorCode, options: { detail?: string; violations?: readonly Violation[]; cause?: unknown } = {}) {
    super(options.detail ?? errors[code].title, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.detail = options.detail;
    this.violations = options.violations;
  }

  /** In English; `bodyIn` has the other languages. */
  get body(): ProblemBody {
    return this.bodyIn('en');
  }

  /** The body of the answer in the language of the caller. */
  bodyIn(language: Language): ProblemBody {
    return problemBody(this.code, this.detail, this.violations, language);
  }
}
