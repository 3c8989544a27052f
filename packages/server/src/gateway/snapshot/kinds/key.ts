import type { Placement } from '../links.ts';

/** The shared table has the state of a key before this runs: the threads read only the scopes from here. */
export const key: Placement<'key'> = {
  place: ({ scopedKeys }, object) => void scopedKeys.set(object.key, object),
  drop: ({ scopedKeys }, id) => void scopedKeys.delete(id),
};
