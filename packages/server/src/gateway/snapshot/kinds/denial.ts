import type { Placement } from '../links.ts';

export const denial: Placement<'denial'> = {
  place: ({ denials }, object) => void denials.set(object.key, object.before),
  drop: ({ denials }, key) => void denials.delete(key),
};
