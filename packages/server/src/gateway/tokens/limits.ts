/**
 * Scopes that are held for a part of the data only (RFC 9396, type `tulou_data`), as a token states them. Only the service
 * knows the data of a call. The assertion carries the limits to the service, which enforces them.
 */
import { isObject } from './compact.ts';

/** These scopes, for this data. */
export interface Limit {
  readonly actions: readonly string[];
  readonly identifier: string;
}

const limitsMax = 10;

/** By default none. Undefined: the claim cannot be read, and the token is invalid, because a restriction would be lost. */
export function limitsIn(details: unknown): readonly Limit[] | undefined {
  if (details === undefined) return [];
  if (!Array.isArray(details) || details.length > limitsMax) return undefined;
  const limits = details.map(limitIn);
  return limits.every((one) => one !== undefined) ? limits : undefined;
}

function limitIn(detail: unknown): Limit | undefined {
  if (!isObject(detail)) return undefined;
  const { type, actions, identifier, ...others } = detail;
  if (type !== 'tulou_data' || typeof identifier !== 'string' || Object.keys(others).length > 0) return undefined;
  if (!Array.isArray(actions) || actions.length === 0 || !actions.every((one) => typeof one === 'string'))
    return undefined;
  return { actions, identifier };
}

/** The limits of one API, by the local names of its scopes, as its services receive them. */
export function limitsOf(limits: readonly Limit[], prefix: string, held: ReadonlySet<string>): readonly object[] {
  return limits.flatMap(({ actions, identifier }) => {
    const own = actions.filter((one) => one.startsWith(prefix)).map((one) => one.slice(prefix.length));
    const kept = own.filter((name) => held.has(name));
    return kept.length === 0 ? [] : [{ type: 'tulou_data', actions: kept, identifier }];
  });
}
