/** The text of an invitation, in both languages: the language of the invited person is not known yet. Pure. */

export interface InvitationWords {
  /** Name of the tenant. */
  readonly tenant: string;
  /** The mail must contain it: anyone who has it can accept. The page removes it from the address immediately. */
  readonly link: string;
  readonly days: number;
}

export function invitationMail({ tenant, link, days }: InvitationWords): {
  readonly subject: string;
  readonly body: string;
} {
  const body = [
    `You are invited to join ${tenant}. Open this page and confirm within ${days} days:`,
    `您受邀加入 ${tenant}。请在 ${days} 天内打开此页面并确认：`,
    link,
    'If you do not expect this, do nothing. / 如果您并不知情，请忽略此邮件。',
  ].join('\n\n');
  return { subject: `Invitation to ${tenant} / 邀请您加入 ${tenant}`, body: `${body}\n` };
}
