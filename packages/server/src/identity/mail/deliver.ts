import type { SystemTx } from '../../store/store.ts';
import type { JobDeps, Work } from '../../store/job.ts';
import type { Letter, Mailer } from './mailer.ts';
import { asPlatform } from '../system-wide.ts';

export interface MailJobDeps extends JobDeps {
  /** Absent: no mail server is set. */
  readonly mailer?: Mailer;
}

const lettersAtOnce = 50;
/** With the waits below, a day and a half. */
const attemptsMax = 12;
const waitSecondsFirst = 60;
const waitSecondsMax = 6 * 3600;

/** Hands mails that are due to the mail server, where one is set; until then they wait, and the outbox shows them. */
export const sendMails: Work<MailJobDeps> = async ({ store, clock, log, mailer }, mark) => {
  if (mailer === undefined) return { mark, more: false };
  for (let count = 0; count < lettersAtOnce; count += 1) {
    const letter = await asPlatform(store, 'mail', (tx) => take(tx, new Date(clock.now())));
    if (letter === undefined) return { mark, more: false };
    const delivery = await mailer.send(letter);
    const now = new Date(clock.now());
    const isDead = delivery.kind === 'refused' || (delivery.kind !== 'sent' && letter.attempts >= attemptsMax);
    await asPlatform(store, 'mail', ({ sql }) =>
      // A secret that opens an account is not kept longer than necessary.
      delivery.kind === 'sent'
        ? sql`update mails set sent_at = ${now}, secret_body = '' where id = ${letter.id}`
        : sql`update mails set dead_at = ${isDead ? now : null} where id = ${letter.id}`,
    );
    if (delivery.kind === 'sent') continue;
    log.warn({ mail: letter.id, cause: delivery.cause, dead: isDead }, 'a mail was not taken');
    if (delivery.kind === 'away') return { mark, more: false };
  }
  return { mark, more: true };
};

/** The attempt counts before it is made: what ends the process does not make it go on for ever. */
async function take({ sql }: SystemTx, now: Date): Promise<(Letter & { attempts: number }) | undefined> {
  const [row] = await sql<(Letter & { attempts: number })[]>`
    update mails set attempts = attempts + 1,
      next_at = ${now}::timestamptz + least(${waitSecondsFirst}::float8 * 2 ^ attempts, ${waitSecondsMax}) * interval '1 second'
    where id = (
      select id from mails where sent_at is null and dead_at is null and next_at <= ${now} order by next_at, id limit 1
    )
    returning id, recipient, subject, secret_body as body, attempts`;
  return row;
}
