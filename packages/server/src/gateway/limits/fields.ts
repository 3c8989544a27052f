/**
 * `RateLimit-Policy` and `RateLimit` of draft-ietf-httpapi-ratelimit-headers-10 (structured fields, RFC 9651), in one
 * place because the draft may still move. `q`: quota, `w`: window in seconds, `r`: calls left, `t`: seconds until the
 * window ends, or, for the limit that refused, until it allows a call again.
 */
import type { CompiledLimits } from './plan.ts';
import type { Windows } from './windows.ts';

/** Value of `RateLimit` after `windows.take` of these limits. */
export function rateLimitField(compiled: CompiledLimits, windows: Windows): string {
  let text = '';
  for (let i = 0; i < compiled.limits.length; i += 1) {
    const seconds = Math.ceil((windows.refusedBy === i ? windows.waitMs : (windows.resetMs[i] ?? 0)) / 1000);
    text += `${i === 0 ? '' : ', '}${compiled.limits[i]?.fieldStart ?? ''}${windows.remaining[i] ?? 0};t=${seconds}`;
  }
  return text;
}

/** Value of `Retry-After` (RFC 9110 §10.2.3) for a wait: whole seconds, never too early, at least one. */
export const retryAfter = (waitMs: number): string => String(Math.max(1, Math.ceil(waitMs / 1000)));
