import type { Placement } from '../links.ts';

/** What the shared table says of a key is in force before this: the threads read the scopes alone from here. */
export const key: Placement<'key'> = {
  place: ({ scopedKeys }, object) => void scopedKeys.set(object.key, object),
  drop: ({ scopedKeys }, id) => void scopedKeys.delete(id),
};
