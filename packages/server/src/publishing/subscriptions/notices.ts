/** The mails about a subscription that needs the approval of the provider: to those who may decide, and with the decision. */
import { lastActor } from '../../operations/audit/author.ts';
import type { MemberNotice, Offers } from '../../operations/offers.ts';
import { crossTenants, type TenantTx } from '../../store/store.ts';
import type { Principal } from '../../tenancy/principal.ts';

type Mail = Pick<Offers, 'mailMembers'>;

export interface Request {
  readonly id: string;
  /** `<developer>/<app>`, and `<provider>/<api>`. */
  readonly app: string;
  readonly api: string;
  readonly plan: string;
}

const memberOf = (principal: Principal): string | undefined =>
  principal.kind === 'member' ? principal.member : undefined;

/** Mails the admins of the provider. */
export function mailRequest(tx: TenantTx, provider: string, request: Request, { mailMembers }: Mail): Promise<void> {
  const { id, app, api, plan } = request;
  const commands = ['approve', 'reject'].map((verb) => `tulou subscribers ${verb} ${api.split('/')[0] ?? ''} ${id}`);
  const notice: MemberNotice = {
    tenantUuid: provider,
    to: { role: 'admin' },
    except: memberOf(tx.scope.principal),
    request: id,
    step: 'asked',
    words: {
      en: {
        subject: `${app} requests a subscription to ${api}`,
        text: [`The app ${app} requests the plan ${plan} of the API ${api}. Approve or reject it:`, ...commands].join(
          '\n',
        ),
      },
      'zh-CN': {
        subject: `${app} 申请订阅 ${api}`,
        text: [`应用 ${app} 申请 API ${api} 的套餐 ${plan}。请批准或拒绝：`, ...commands].join('\n'),
      },
    },
  };
  return mailMembers(tx, notice);
}

const requests = ['subscriptions.create', 'subscriptions.update'];

/** Mails the member who asked; the admins of the developer where no member did. */
export async function mailDecision(
  tx: TenantTx,
  developer: string,
  { id, app, api, plan }: Request,
  decision: 'approved' | 'rejected',
  { mailMembers }: Mail,
): Promise<void> {
  const actor = await crossTenants(tx, 'the requester of a subscription is in its tenant', (crossing) =>
    lastActor(crossing, developer, id, requests),
  );
  const isMember = actor !== undefined && !actor.includes(':');
  const word = decision === 'approved' ? '批准' : '拒绝';
  await mailMembers(tx, {
    tenantUuid: developer,
    to: isMember ? { member: actor } : { role: 'admin' },
    except: memberOf(tx.scope.principal),
    request: id,
    step: 'decided',
    words: {
      en: {
        subject: `The subscription of ${app} to ${api} is ${decision}`,
        text: `The provider has ${decision} the request of the app ${app} for the plan ${plan} of the API ${api}.`,
      },
      'zh-CN': {
        subject: `${app} 对 ${api} 的订阅已被${word}`,
        text: `提供方已${word}应用 ${app} 对 API ${api} 套餐 ${plan} 的申请。`,
      },
    },
  });
}
