import { roles, type Access, type Role } from '@tulou/contract';
import type { Principal } from './principal.ts';

/** Whether `role` contains `needed`: viewer < developer < admin < owner. */
export function roleContains(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}

/** Whether this principal may call an operation of this access, on a tenant that it already has a scope for. */
export function mayCall(principal: Principal | undefined, access: Access): boolean {
  if (access === 'public') return true;
  if (principal?.kind === 'operator') return true;
  // Where no tenant is in the path, a person may what the least of members may: they have no role there.
  if (principal?.kind === 'person') return access === 'viewer';
  return principal?.kind === 'member' && access !== 'operator' && roleContains(principal.role, access);
}

/** The role of the two that allows less. */
export function lowerRole(a: Role, b: Role): Role {
  return roleContains(a, b) ? b : a;
}
