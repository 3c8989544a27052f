import type { Call, Step } from '../call.ts';
import type { ApiNode, VersionNode } from '../snapshot/links.ts';
import { readOperation } from './operation.ts';

/**
 * Finds the version: `/{tenant}/{api}/{version}/{rest}`, or `/{version}/{rest}` on a host name of the API. The answer is the
 * same for every missing part. This step reads the operation, and `authorise` checks it.
 */
export const route: Step = {
  name: 'route',
  refusals: ['route_not_found', 'tenant_suspended', 'version_retired'],
  run(call) {
    const version = findVersion(call);
    const provider = version?.api.tenant?.object;
    if (version === undefined || version.api.object === undefined || provider === undefined) return 'route_not_found';
    call.version = version;
    readOperation(call, version);
    if (provider.state === 'suspended') return 'tenant_suspended';
    return version.object.state === 'retired' ? 'version_retired' : undefined;
  },
};

function findVersion(call: Call): VersionNode | undefined {
  const { host, target } = call.exchange.head;
  const owner = call.state.apiByHost(host);
  if (owner !== undefined) return versionAt(call, owner, 0);
  const tenantEnd = target.indexOf('/', 1);
  if (tenantEnd === -1) return undefined;
  const apiEnd = target.indexOf('/', tenantEnd + 1);
  if (apiEnd === -1 || apiEnd >= call.pathEnd) return undefined;
  const tenant = call.state.tenantBySlug(target.slice(1, tenantEnd));
  const api = tenant?.apis.get(target.slice(tenantEnd + 1, apiEnd));
  return api === undefined ? undefined : versionAt(call, api, apiEnd);
}

/** The version whose name begins after the slash at `slash`. */
function versionAt(call: Call, api: ApiNode, slash: number): VersionNode | undefined {
  const { target } = call.exchange.head;
  const end = target.indexOf('/', slash + 1);
  call.restAt = end === -1 || end > call.pathEnd ? call.pathEnd : end;
  return api.versions.get(target.slice(slash + 1, call.restAt));
}
