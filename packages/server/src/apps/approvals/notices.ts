/** The mails about what a member asks an admin to allow: to the admins, and with the decision to the member. */
import { ownSlug } from '../../operations/directory.ts';
import type { Offers } from '../../operations/offers.ts';
import type { TenantTx } from '../../store/store.ts';
import type { ApprovalRow } from './approval.ts';

type Mail = Pick<Offers, 'mailMembers'>;

const actorIn = ({ scope: { principal } }: TenantTx): string | undefined =>
  principal.kind === 'member' ? principal.member : undefined;

/** Mails the admins of the tenant. */
export async function mailRequest(tx: TenantTx, row: ApprovalRow, { mailMembers }: Mail): Promise<void> {
  const tenant = await ownSlug(tx);
  const { id, app } = row;
  const [member] = await tx.sql<{ email: string }[]>`
    select email from members where tenant_id = ${tx.tenantUuid} and id = ${row.member}`;
  const scopes = row.scopes.join(' ');
  const asker = member?.email ?? row.member;
  const commands = ['approve', 'reject'].map((verb) => `tulou approvals ${verb} ${tenant} ${id}`);
  await mailMembers(tx, {
    tenantUuid: tx.tenantUuid,
    to: { role: 'admin' },
    except: actorIn(tx),
    request: id,
    step: 'asked',
    words: {
      en: {
        subject: `${asker} requests the app ${app}`,
        text: [`${asker} requests the app ${app} in ${tenant}, with the scopes: ${scopes}. Decide:`, ...commands].join(
          '\n',
        ),
      },
      'zh-CN': {
        subject: `${asker} 申请使用应用 ${app}`,
        text: [`${asker} 申请在 ${tenant} 中使用应用 ${app}，权限范围：${scopes}。请决定：`, ...commands].join('\n'),
      },
    },
  });
}

/** Mails the member who is concerned. */
export async function mailDecision(
  tx: TenantTx,
  { id, app, member }: ApprovalRow,
  decision: 'approved' | 'rejected',
  { mailMembers }: Mail,
): Promise<void> {
  const tenant = await ownSlug(tx);
  const word = decision === 'approved' ? '批准' : '拒绝';
  await mailMembers(tx, {
    tenantUuid: tx.tenantUuid,
    to: { member },
    except: actorIn(tx),
    request: id,
    step: 'decided',
    words: {
      en: {
        subject: `Your request for the app ${app} is ${decision}`,
        text: `An admin of ${tenant} has ${decision} your request for the app ${app}.`,
      },
      'zh-CN': {
        subject: `您对应用 ${app} 的申请已被${word}`,
        text: `${tenant} 的管理员已${word}您对应用 ${app} 的申请。`,
      },
    },
  });
}
