/** Forms that ask for a mail: anyone may send them, so what they answer and how often they do is the same for every address. */
import { z } from 'zod';
import { readForm, refuseForm, type Visit } from '../web/visit.ts';
import { admitAttempt, mailAttemptOf } from '../people/attempts.ts';
import { emailOf } from '../people/users.ts';
import type { PromptDeps } from '../asking.ts';
import { asPlatform } from '../system-wide.ts';

const address = z.email().max(254);

export type AskedMail =
  | { readonly kind: 'asked'; readonly email: string }
  | { readonly kind: 'wrong' | 'wait'; readonly typed: string; readonly says: string };

/** The address that is in the form, where it may have a mail now. Undefined: the form was not taken, and that is answered. */
export async function takeAddress(visit: Visit, deps: PromptDeps): Promise<AskedMail | undefined> {
  const form = await readForm(visit);
  if (form === undefined) {
    refuseForm(visit);
    return undefined;
  }
  return mayBeMailed(visit, form.get('email') ?? '', deps);
}

/** The same for an address that was read already. */
export async function mayBeMailed(visit: Visit, given: string, { store, clock }: PromptDeps): Promise<AskedMail> {
  const typed = given.slice(0, 256);
  const email = emailOf(typed);
  const { signUp, signIn } = visit.told;
  if (!address.safeParse(email).success) return { kind: 'wrong', typed, says: signUp.emailWrong };
  const attempt = mailAttemptOf(visit.issuer, email, visit.address, new Date(clock.now()));
  const waitMs = await asPlatform(store, 'attempts', (tx) => admitAttempt(tx, attempt));
  if (waitMs === 0) return { kind: 'asked', email };
  const seconds = Math.ceil(waitMs / 1000);
  visit.response.setHeader('retry-after', seconds);
  return { kind: 'wait', typed, says: signIn.wait(seconds) };
}
