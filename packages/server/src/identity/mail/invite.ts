/** Invitations of members by mail: the member joins by opening the mail. */
import { idFromUuid, limits } from '@tulou/contract';
import { must } from '../../kernel/assert.ts';
import type { Clock } from '../../kernel/clock.ts';
import { sha256 } from '../../kernel/hash.ts';
import { newId, type Random } from '../../kernel/random.ts';
import type { InvitedMember, Offers } from '../../operations/offers.ts';
import type { TenantTx } from '../../store/store.ts';
import { invitationMail } from './invitation-mail.ts';
import { sendMail } from './send.ts';

interface Deps {
  readonly clock: Clock;
  readonly random: Random;
  readonly platformUrl: string;
}

/**
 * Invites a member again; earlier invitations of the member are no longer valid. The mail carries the only copy of the secret,
 * in its link; the row keeps its SHA-256.
 */
export const openInviting =
  (deps: Deps): Offers['inviteMember'] =>
  async (tx, member) => {
    const { id, secret } = await makeInvitation(tx, member, deps);
    const [tenant] = await tx.sql<{ name: string }[]>`select name from tenants where tenant_id = ${tx.tenantUuid}`;
    const mail = invitationMail({
      tenant: must(tenant, 'a tenant in whose name a call is made is there').name,
      link: linkTo(deps.platformUrl, { tenant: idFromUuid('tenant', tx.tenantUuid), invitation: id, secret }),
      days: limits.invitationDays,
    });
    await sendMail(tx, { recipient: member.email, ...mail }, deps);
  };

async function makeInvitation(
  { sql, tenantUuid }: TenantTx,
  member: InvitedMember,
  { clock, random }: Deps,
): Promise<{ readonly id: string; readonly secret: string }> {
  const now = new Date(clock.now());
  const id = newId('invitation', clock, random);
  const secret = Buffer.from(random.bytes(32)).toString('base64url');
  await sql`delete from invitations where tenant_id = ${tenantUuid} and member = ${member.id} and accepted_at is null`;
  await sql`
    insert into invitations (tenant_id, id, member, secret_hash, expires_at, created_at)
    values (${tenantUuid}, ${id}, ${member.id}, ${sha256(secret)}, ${new Date(now.getTime() + lifeMs)}, ${now})`;
  return { id, secret };
}

function linkTo(platformUrl: string, parts: Readonly<Record<'tenant' | 'invitation' | 'secret', string>>): string {
  const link = new URL('/account/invitation', platformUrl);
  link.search = new URLSearchParams(parts).toString();
  return link.href;
}

const lifeMs = limits.invitationDays * 86_400_000;
