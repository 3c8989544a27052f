/** Invitations: what makes a member out of an address is that its owner opens the mail. */
import { idFromUuid, limits, Problem } from '@tulou/contract';
import type { members } from '@tulou/contract/operations/members';
import { must } from '../../kernel/assert.ts';
import { sha256 } from '../../kernel/hash.ts';
import { newId, uuidV7 } from '../../kernel/random.ts';
import { crossTenants, type TenantTx } from '../../store/store.ts';
import type { ControlDeps, Handler } from '../../operations/handler.ts';
import { invitationMail } from './mail.ts';
import { lockMember, viewMember, type MemberRow } from './member.ts';

type Deps = Pick<ControlDeps, 'clock' | 'random' | 'platformUrl'>;

export const inviteMember: Handler<typeof members.invite> = (_scope, { params }, deps, call) =>
  call.commit(async (tx) => {
    const { member } = await lockMember(tx, params.member);
    if (member.user_id !== null) throw new Problem('state_conflict', { detail: 'This member has joined already.' });
    await sendInvitation(tx, member, deps);
    const view = viewMember(member);
    return { output: view, target: member.id, before: view, after: view };
  });

/**
 * Invites a member anew; invitations before this one open nothing any more. The mail carries the only copy of the secret,
 * in its link; SHA-256 of the secret is what is kept.
 */
export async function sendInvitation(tx: TenantTx, member: MemberRow, deps: Deps): Promise<void> {
  const { sql, tenantUuid } = tx;
  const now = new Date(deps.clock.now());
  const id = newId('invitation', deps.clock, deps.random);
  const secret = Buffer.from(deps.random.bytes(32)).toString('base64url');
  await sql`delete from invitations where tenant_id = ${tenantUuid} and member = ${member.id} and accepted_at is null`;
  await sql`
    insert into invitations (tenant_id, id, member, secret_hash, expires_at, created_at)
    values (${tenantUuid}, ${id}, ${member.id}, ${sha256(secret)}, ${new Date(now.getTime() + lifeMs)}, ${now})`;
  const [tenant] = await sql<{ name: string }[]>`select name from tenants where tenant_id = ${tenantUuid}`;
  const mail = invitationMail({
    tenant: must(tenant, 'a tenant in whose name a call is made is there').name,
    link: linkTo(deps.platformUrl, { tenant: idFromUuid('tenant', tenantUuid), invitation: id, secret }),
    days: limits.invitationDays,
  });
  await crossTenants(tx, 'mail is sent by the platform', async (crossing) => {
    await crossing.sql`
      insert into mails (id, recipient, subject, secret_body, created_at, next_at)
      values (${uuidV7(deps.clock, deps.random)}, ${member.email}, ${mail.subject}, ${mail.body}, ${now}, ${now})`;
  });
}

function linkTo(platformUrl: string, parts: Readonly<Record<'tenant' | 'invitation' | 'secret', string>>): string {
  const link = new URL('/account/invitation', platformUrl);
  link.search = new URLSearchParams(parts).toString();
  return link.href;
}

const lifeMs = limits.invitationDays * 86_400_000;
