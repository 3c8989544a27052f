import type { Placement } from '../links.ts';

export const plan: Placement<'plan'> = {
  place({ plans }, object) {
    plans.acquire(object.key).object = object;
  },
  drop({ plans }, key) {
    const node = plans.get(key);
    if (node?.object === undefined) return;
    node.object = undefined;
    plans.release(node);
  },
};
