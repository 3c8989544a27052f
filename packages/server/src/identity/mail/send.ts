/** Mail to people: put down with what it is about, in one transaction; the worker hands it over. */
import type { Clock } from '../../kernel/clock.ts';
import { uuidV7, type Random } from '../../kernel/random.ts';
import type { TenantTx } from '../../store/store.ts';
import { crossing } from '../system-wide.ts';

export interface Letter {
  readonly recipient: string;
  readonly subject: string;
  readonly body: string;
}

export async function sendMail(
  tx: TenantTx,
  { recipient, subject, body }: Letter,
  { clock, random }: { readonly clock: Clock; readonly random: Random },
): Promise<void> {
  const now = new Date(clock.now());
  await crossing(
    tx,
    'mail',
    ({ sql }) => sql`
    insert into mails (id, recipient, subject, secret_body, created_at, next_at)
    values (${uuidV7(clock, random)}, ${recipient}, ${subject}, ${body}, ${now}, ${now})`,
  );
}
