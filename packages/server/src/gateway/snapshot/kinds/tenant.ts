import { release, type Placement } from '../links.ts';

export const tenant: Placement<'tenant'> = {
  place({ tenants, tenantsBySlug }, object) {
    const node = tenants.acquire(object.key);
    node.object = object;
    tenantsBySlug.set(object.slug, node);
  },
  drop({ tenants, tenantsBySlug }, key) {
    const node = tenants.get(key);
    if (node?.object === undefined) return;
    release(tenantsBySlug, node.object.slug, node);
    node.object = undefined;
    tenants.release(node);
  },
};
