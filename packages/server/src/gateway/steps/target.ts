import type { Step } from '../call.ts';

/**
 * Splits the target into path and query, and refuses targets that could mean another place at the upstream than here: `.` and
 * `..` as whole segments, also percent-encoded (RFC 3986 §5.2.4 would remove them; clients do that before they send).
 */
export const target: Step = {
  name: 'target',
  refusals: ['malformed_request'],
  run(call) {
    const text = call.exchange.head.target;
    const query = text.indexOf('?');
    call.pathEnd = query === -1 ? text.length : query;
    if (!mayHoldDots(text, call.pathEnd) || !dotSegment.test(text.slice(0, call.pathEnd))) return undefined;
    call.detail = 'The path must not contain the segments "." or "..".';
    return 'malformed_request';
  },
};

/**
 * Escapes may be escaped again. Java servers cut `;` and the rest off a segment before they check its dots. Old servers
 * decode overlong UTF-8.
 */
const dotSegment =
  /(?:^|[/\\]|%(?:25)*(?:2f|5c)|%c0%af)(?:\.|%(?:25)*2e|%c0%ae){1,2}(?=$|[/\\;]|%(?:25)*(?:2f|5c|3b|23|3f)|%c0%af)/i;

/** A cheap test that nearly every path fails: a dot after a slash, or any escape or backslash. */
function mayHoldDots(text: string, end: number): boolean {
  return before(text.indexOf('/.'), end) || before(text.indexOf('%'), end) || before(text.indexOf('\\'), end);
}

const before = (at: number, end: number): boolean => at !== -1 && at < end;
