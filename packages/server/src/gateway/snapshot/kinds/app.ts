import { release, type Placement } from '../links.ts';

export const app: Placement<'app'> = {
  place({ apps, appsByIndex, tenants }, object, index) {
    const node = apps.acquire(object.key);
    node.object = object;
    node.index = index;
    node.tenant = tenants.acquire(object.tenant);
    appsByIndex.set(index, node);
  },
  drop({ apps, appsByIndex, tenants }, key) {
    const node = apps.get(key);
    if (node?.object === undefined) return;
    release(appsByIndex, node.index, node);
    if (node.tenant !== undefined) tenants.release(node.tenant);
    node.tenant = undefined;
    node.object = undefined;
    apps.release(node);
  },
};
