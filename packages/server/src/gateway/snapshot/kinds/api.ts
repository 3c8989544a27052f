import { release, type Placement } from '../links.ts';

export const api: Placement<'api'> = {
  place({ apis, apisByHost, tenants }, object) {
    const node = apis.acquire(object.key);
    node.object = object;
    node.tenant = tenants.acquire(object.tenant);
    node.tenant.apis.set(object.slug, node);
    for (const host of object.hosts) apisByHost.set(host, node);
  },
  drop({ apis, apisByHost, tenants }, key) {
    const node = apis.get(key);
    if (node?.object === undefined) return;
    for (const host of node.object.hosts) release(apisByHost, host, node);
    if (node.tenant !== undefined) {
      release(node.tenant.apis, node.object.slug, node);
      tenants.release(node.tenant);
    }
    node.tenant = undefined;
    node.object = undefined;
    apis.release(node);
  },
};
