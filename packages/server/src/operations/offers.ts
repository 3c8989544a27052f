/**
 * THE TABLE of what planes give each other. Planes never import one another: a plane names here what it gives, another names
 * it under `needs`, and the role that opens them connects the two.
 */
import type { Id, Language, Role } from '@tulou/contract';
import type { SystemTx, TenantTx } from '../store/store.ts';
import type { FindSignedIn } from './people.ts';

export interface Offers {
  /** identity: reads an access token of the platform's issuer. */
  readonly findSignedIn: FindSignedIn;
  /** identity: invites a member by mail; earlier invitations of that member end. */
  readonly inviteMember: (tx: TenantTx, member: InvitedMember) => Promise<void>;
  /** identity: mails members about a request; each address gets one mail for each step of a request. */
  readonly mailMembers: (tx: TenantTx, notice: MemberNotice) => Promise<void>;
  /** tenants: makes a user the member, at the issuer's word. */
  readonly bindMember: (tx: TenantTx, binding: MemberBinding, now: Date) => Promise<void>;
  /** tenants: the members of these users become as if they had never joined. */
  readonly releaseMembers: (tx: TenantTx, users: readonly string[], now: Date) => Promise<void>;
  /** publishing: whether the APIs of the transaction's tenant are shown in the catalog. */
  readonly showProvider: (tx: TenantTx, active: boolean) => Promise<void>;
  /** fleet: a gateway has shown that it lives. */
  readonly gatewaySeen: (tx: SystemTx, gateway: string, now: Date) => Promise<void>;
}

export interface MemberNotice {
  readonly tenantUuid: string;
  /** Those of this rank or above, or one member. Only members who have joined. */
  readonly to: { readonly role: Role } | { readonly member: string };
  /** The member who acts, and so gets no mail. */
  readonly except?: string | undefined;
  /** Id of the request, and the step that it has reached. */
  readonly request: string;
  readonly step: 'asked' | 'decided';
  readonly words: Readonly<Record<Language, NoticeWords>>;
}

export interface NoticeWords {
  readonly subject: string;
  readonly text: string;
}

export interface InvitedMember {
  readonly id: Id<'member'>;
  readonly email: string;
}

export interface MemberBinding {
  readonly tenantUuid: string;
  readonly member: string;
  readonly user: string;
}
