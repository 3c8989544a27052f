import { targetsOf } from '../../upstream/balance.ts';
import { release, type Placement, type VersionNode } from '../links.ts';

export const version: Placement<'version'> = {
  place({ apis, versions }, object) {
    const api = apis.acquire(object.api);
    const targets = targetsOf(object.upstreams);
    const scoped = object.operations.some(({ scopes = [] }) => scopes.length > 0);
    const strict = object.strict ?? scoped;
    const node: VersionNode = {
      key: object.key,
      object,
      api,
      targets,
      strict,
      guarded: strict || scoped,
      operations: undefined,
      guard: undefined,
    };
    versions.set(object.key, node);
    api.versions.set(object.name, node);
  },
  drop({ apis, versions }, key) {
    const node = versions.get(key);
    if (node === undefined) return;
    versions.delete(key);
    release(node.api.versions, node.object.name, node);
    apis.release(node.api);
  },
};
