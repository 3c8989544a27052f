/** Entity tags: a strong validator of an object's representation, and `If-Match` held against it (RFC 9110 §8.8, §13.1.1). */
import { Problem } from '@tulou/contract';
import type { z } from 'zod';
import { sha256 } from '../kernel/hash.ts';

/** The tag of an object as its schema shows it. */
export function etagOf(schema: z.ZodType, value: unknown): string {
  return `"${sha256(JSON.stringify(schema.parse(value))).slice(0, 22)}"`;
}

/** Throws `precondition_failed` unless the header names this tag, or is `*` and the object is there. */
export function holdIfMatch(header: string, etag: string): void {
  const tags = header.split(',').map((tag) => tag.trim());
  // Weak tags never match in If-Match: `W/"x"` is another text than `"x"`.
  if (!tags.includes('*') && !tags.includes(etag)) throw new Problem('precondition_failed');
}
