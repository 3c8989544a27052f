/** The hash chain of a tenant's audit: each entry's hash covers the one before it. Pure. */
import { sha256 } from '../../kernel/hash.ts';

/** One entry, but for its place in the chain. */
export interface ChainFact {
  readonly id: string;
  readonly at: Date;
  readonly actor: string;
  readonly operation: string;
  readonly target: string;
  /** Canonical text, or null where there was nothing. */
  readonly before: string | null;
  readonly after: string | null;
  readonly reason: string | null;
  readonly address: string;
  readonly requestId: string;
}

/** An image beyond this is kept as its size and hash: the trail must stay small enough to read. */
const imageCharactersMax = 64 * 1024;

/** Before the first entry: bound to the tenant, so that one tenant's chain is never another's. */
export function chainStart(tenantUuid: string): string {
  return sha256(`tulou audit of ${tenantUuid}`);
}

/** The text of an entry: a list in fixed order is its own canonical form. */
export function canonicalFact(fact: ChainFact): string {
  const { id, at, actor, operation, target, before, after, reason, address, requestId } = fact;
  return JSON.stringify([id, at.toISOString(), actor, operation, target, before, after, reason, address, requestId]);
}

/** `sha256(previous || seq || canonical entry)`; the entry begins with `[`, so that no two of these read alike. */
export function chainHash(previous: string, seq: number, fact: ChainFact): string {
  return sha256(`${previous}${seq}${canonicalFact(fact)}`);
}

/** The text of an object in an entry: JSON, names in order. */
export function imageOf(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  const text = JSON.stringify(value, (_, part: unknown) => (isRecord(part) ? sorted(part) : part));
  if (text.length <= imageCharactersMax) return text;
  return JSON.stringify({ omitted: true, characters: text.length, sha256: sha256(text) });
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const sorted = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
