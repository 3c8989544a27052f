/** Whether the credential may make a change: the role that the operation needs, and ranks of members. */
import { roles, type Access, type Role } from '@tulou/contract/operation';
import { whoami } from '@tulou/contract/operations/whoami';
import type { Client } from '../client.ts';
import { say } from '../language/say.ts';
import type { Change } from './changes.ts';
import { callTo } from './live.ts';
import type { Fault } from './refusals.ts';
import { addressOf, type Resource } from './resource.ts';
import { kinds } from './schema.ts';

export type Rights =
  | { readonly kind: 'operator' }
  | { readonly kind: 'member'; readonly roles: ReadonlyMap<string, Role> };

interface Whoami {
  readonly kind: 'operator' | 'member' | 'person';
  readonly role?: Role;
  readonly tenant?: { readonly slug: string };
  readonly tenants?: readonly { readonly slug: string; readonly role: Role }[];
}

/** The roles of the credential, by tenant. */
export async function readRights(client: Client): Promise<Rights> {
  const { kind, role, tenant, tenants = [] } = (await client.call(callTo(whoami.get, {}))).json as Whoami;
  if (kind === 'operator') return { kind };
  const own = role === undefined || tenant === undefined ? [] : [[tenant.slug, role] as const];
  return { kind: 'member', roles: new Map([...own, ...tenants.map((one) => [one.slug, one.role] as const)]) };
}

/** The reason why the credential may not make this change. */
export function rightsFault(change: Change, rights: Rights, live: readonly Resource[]): Fault | undefined {
  if (rights.kind === 'operator') return undefined;
  const { resource, action } = change;
  const tenant = resource.kind === 'tenant' ? resource.self : (resource.parent['tenant'] ?? '');
  const { access } = kinds[resource.kind].operations[action];
  const role = rights.roles.get(tenant);
  if (access === 'operator') return { message: say`needs an operator` };
  if (role === undefined) return { message: say`the credential has no role in the tenant ${tenant}` };
  if (!contains(role, access)) return { message: say`needs the role ${access}; the credential has ${role}` };
  if (resource.kind !== 'member') return undefined;
  const now = live.find((one) => addressOf(one) === change.address)?.fields['role'];
  const high = [now, resource.fields['role']].find((one) => typeof one === 'string' && !contains(role, one as Role));
  return high === undefined ? undefined : { message: say`the role ${String(high)} is above that of the credential` };
}

const contains = (role: Role, needed: Access): boolean =>
  needed === 'public' || (needed !== 'operator' && roles.indexOf(role) >= roles.indexOf(needed));
