import type { Placement } from '../links.ts';

export const client: Placement<'client'> = {
  place({ apps, clients }, object) {
    clients.set(object.key, { object, app: apps.acquire(object.app) });
  },
  drop({ apps, clients }, key) {
    const node = clients.get(key);
    if (node === undefined) return;
    clients.delete(key);
    apps.release(node.app);
  },
};
