/** The principal of a call: the operator, member or job that acts. */
import type { Id, Role } from '@tulou/contract';

export interface OperatorPrincipal {
  readonly kind: 'operator';
  /** Which operator credential: the first letters of its id, for the audit. */
  readonly id: string;
}

export interface MemberPrincipal {
  readonly kind: 'member';
  /** UUID of the tenant whose credential this is. */
  readonly tenantUuid: string;
  readonly member: Id<'member'>;
  /** The control token of this call; null where the person behind the member has signed in. */
  readonly token: Id<'token'> | null;
  readonly role: Role;
  /** When the token ends; what it makes must not outlive it. Null where nothing bounds it. */
  readonly expiresAt: Date | null;
  /** Other members by whose rights the token exists; what it makes never has more than those. */
  readonly makers: readonly Id<'member'>[];
  /** How the person behind the member has signed in; undefined where no person has. */
  readonly signIn?: SignIn | undefined;
}

export interface SignIn {
  /** Unix seconds. */
  readonly at: number;
  readonly twoFactors: boolean;
}

/** A person who has signed in, where no tenant of theirs is named: may learn who they are, and nothing else. */
export interface PersonPrincipal {
  readonly kind: 'person';
  readonly id: Id<'user'>;
}

/** The platform itself, doing work that a tenant's row asks for. */
export interface JobPrincipal {
  readonly kind: 'job';
  readonly id: string;
}

/** The identity server, for a tenant that `id` has named (doors.ts). It calls no operation. */
export interface IdentityPrincipal {
  readonly kind: 'identity';
  readonly id: string;
}

export type Principal = OperatorPrincipal | MemberPrincipal | PersonPrincipal | JobPrincipal | IdentityPrincipal;

/** How the audit names a principal. */
export function actorOf(principal: Principal): string {
  return principal.kind === 'member' ? principal.member : `${principal.kind}:${principal.id}`;
}
