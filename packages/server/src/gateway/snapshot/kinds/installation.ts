import type { Placement } from '../links.ts';

export const installation: Placement<'installation'> = {
  place: ({ installations }, object) => void installations.set(object.key, object),
  drop: ({ installations }, key) => void installations.delete(key),
};
