/** Pages of a list. A cursor is opaque to the caller and carries nothing but the place where the next page begins. */
import { Problem } from '@tulou/contract';

export interface Page<T> {
  readonly items: T[];
  readonly next: string | null;
}

/** The cursor that begins after this place. */
export function cursorAt(place: string): string {
  return Buffer.from(`1:${place}`).toString('base64url');
}

/** The place that a cursor names; undefined at the first page. A cursor that no page has returned is a violation. */
export function placeOf(cursor: string | undefined, shape: RegExp, parameter = 'cursor'): string | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, 'base64url').toString('latin1');
  const place = text.slice(2);
  if (cursorAt(place) === cursor && text.startsWith('1:') && shape.test(place)) return place;
  throw new Problem('invalid_request', {
    violations: [
      {
        pointer: parameter,
        message: `is not the \`${parameter === 'cursor' ? 'next' : parameter}\` of a page of this list`,
      },
    ],
  });
}

/** The shape of a place that is an id: what most lists go by, oldest first. */
export const idPlace = /^[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}$/;

/** A page from up to `limit + 1` rows: the row too many only says that there is a next page. */
export function pageOf<R, T>(
  rows: readonly R[],
  limit: number,
  present: (row: R) => T,
  placeOfRow: (row: R) => string,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(present),
    next: rows.length > limit && last !== undefined ? cursorAt(placeOfRow(last)) : null,
  };
}
