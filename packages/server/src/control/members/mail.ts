/** The text of an invitation, in both languages: nobody knows yet which one the invited person reads. Pure. */

export interface InvitationWords {
  /** Name of the tenant. */
  readonly tenant: string;
  /** What the mail must not be without: whoever has it can accept. */
  readonly code: string;
  readonly platformUrl: string;
  readonly days: number;
}

/** The code stands behind `#`, which no browser sends and no log keeps; and on a line of its own, to be pasted. */
export function invitationMail({ tenant, code, platformUrl, days }: InvitationWords): {
  readonly subject: string;
  readonly body: string;
} {
  const page = `${platformUrl}/account/invitation`;
  const body = [
    `You are invited to join ${tenant}. Open this page and confirm within ${days} days:`,
    `您受邀加入 ${tenant}。请在 ${days} 天内打开此页面并确认：`,
    `${page}#${code}`,
    'If the page asks for a code, paste this one / 如果页面要求输入邀请码，请粘贴：',
    code,
    'If you do not expect this, do nothing. / 如果您并不知情，请忽略此邮件。',
  ].join('\n\n');
  return { subject: `Invitation to ${tenant} / 邀请您加入 ${tenant}`, body: `${body}\n` };
}
