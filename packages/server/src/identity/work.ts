import { OperatorError } from '../kernel/operator-error.ts';
import type { Given } from '../kernel/settings.ts';
import type { WorkGround, Worked } from '../operations/plane.ts';
import { every, job } from '../store/job.ts';
import { expireArtifacts } from './artifacts/expire.ts';
import { sendMails } from './mail/deliver.ts';
import { expireMails } from './mail/expire.ts';
import { openMailer, type Mailer } from './mail/mailer.ts';
import { expireSignIns } from './people/expire-sign-ins.ts';
import { forgetDomains } from './domains/forget.ts';
import { releaseDomains } from './domains/owners.ts';
import type { settings } from './settings.ts';

export function work(ground: WorkGround, own: { readonly settings: Given<typeof settings> }): Worked {
  const mailer = mailerOf(own.settings);
  const mailing = mailer === undefined ? ground : { ...ground, mailer };
  return {
    // oxfmt-ignore
    jobs: [
      job('send-mails',       2 * every.seconds,  sendMails,       mailing),
      job('expire-artifacts', 10 * every.minutes, expireArtifacts, ground),
      job('expire-mails',     60 * every.minutes, expireMails,     ground),
      job('expire-sign-ins',  60 * every.minutes, expireSignIns,   ground),
      job('forget-domains',   24 * every.hours,   forgetDomains,   ground),
    ],
    purge: (tx, tenantUuid) => releaseDomains(tx, tenantUuid, new Date(ground.clock.now())),
    stop: () => mailer?.close(),
  };
}

function mailerOf({ smtpUrl: url, mailFrom: from }: Given<typeof settings>): Mailer | undefined {
  if (url === undefined && from === undefined) return undefined;
  if (url === undefined) throw missing('TULOU_SMTP_URL', 'smtp://user:secret@mail.internal:587');
  if (from === undefined) throw missing('TULOU_MAIL_FROM', '"Tulou <no-reply@example.com>"');
  return openMailer({ url, from });
}

const missing = (name: string, example: string): OperatorError =>
  new OperatorError('config_missing', `${name} is not set.`, { remedy: `For example: ${name}=${example}` });
