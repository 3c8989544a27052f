/** An intruder in an account changes how one signs in to it. Therefore the person is notified by mail, with the change itself. */
import type { TenantTx } from '../../store/store.ts';
import type { PromptDeps } from '../asking.ts';
import { sendMail } from '../mail/send.ts';
import type { Words } from '../web/words.ts';
import type { Self } from '../self.ts';

type Change = Exclude<keyof Words['account']['changed'], 'subject' | 'body'>;

export async function tellOfChange(
  tx: TenantTx,
  { visit, user }: Self,
  change: Change,
  deps: PromptDeps,
): Promise<void> {
  const say = visit.told.account.changed;
  const { name } = visit.issuer;
  await sendMail(tx, { recipient: user.email, subject: say.subject(name), body: say.body(say[change]) }, deps);
}
