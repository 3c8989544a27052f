/**
 * `/account/reset`: a new password for who has forgotten theirs, by a mailed link. It gives the password only: whatever else
 * the account asks for at sign-in, it asks for still.
 */
import { sendMail } from '../mail/send.ts';
import { askAddressPage, choosePasswordPage } from './lifecycle-views.ts';
import { notice } from '../web/views.ts';
import { readForm, refuseForm, sendPage, type Visit } from '../web/visit.ts';
import { hashedFor } from '../people/hashing.ts';
import { judgeChosen } from './chosen.ts';
import { findProof, makeProof, spendProof, type Proof } from '../people/proofs.ts';
import { signOutEverywhere } from '../people/sign-out.ts';
import { findUser, setPassword } from '../people/users.ts';
import { takeAddress } from './asked-mail.ts';
import type { PromptDeps } from '../asking.ts';
import { forgetLink, linkTo, openedBy, sendGone, takeLink, type Opened } from './mailed-link.ts';
import { ofIssuer } from '../scopes.ts';

export const resetPath = '/account/reset';

export async function reset(visit: Visit, deps: PromptDeps): Promise<void> {
  if (takeLink(visit, 'reset')) return undefined;
  const opened = await openedBy(visit, 'reset', deps);
  const isPost = visit.message.method === 'POST';
  if (opened === 'gone') return sendGone(visit);
  if (opened !== undefined)
    return isPost ? finish(visit, opened, deps) : sendPage(visit, 200, choosePasswordPage(visit, opened.proof.email));
  return isPost ? ask(visit, deps) : sendPage(visit, 200, askAddressPage(visit, visit.told.reset, ''));
}

/** The same answer after the same work, whether there is an account or not; only the mail is missing. */
async function ask(visit: Visit, deps: PromptDeps): Promise<void> {
  const { told, issuer } = visit;
  const asked = await takeAddress(visit, deps);
  if (asked === undefined) return undefined;
  if (asked.kind !== 'asked') {
    const frame = { ...visit, wrong: { [asked.kind === 'wrong' ? 'email' : '']: asked.says } };
    return sendPage(visit, asked.kind === 'wrong' ? 422 : 429, askAddressPage(frame, told.reset, asked.typed));
  }
  const { email } = asked;
  await ofIssuer(deps.store, issuer, async (tx) => {
    const known = await findUser(tx, issuer, email);
    const proof = await makeProof(tx, issuer, 'reset', { email, user: known?.id, interaction: undefined }, deps);
    if (known === undefined || known.disabled) return;
    const body = told.reset.mailBody(linkTo(issuer.issuer, resetPath, proof));
    await sendMail(tx, { recipient: email, subject: told.reset.mailSubject(issuer.name), body }, deps);
  });
  sendPage(visit, 200, notice(told.signUp.askedTitle, told.reset.asked(email)));
}

async function finish(visit: Visit, { ref, proof }: Opened, deps: PromptDeps): Promise<void> {
  const { issuer, told } = visit;
  const form = await readForm(visit);
  if (form === undefined) return refuseForm(visit);
  const typed = form.get('password') ?? '';
  const wrong = judgeChosen({ password: typed, email: proof.email, about: [issuer.name] }, told);
  if (wrong !== undefined) return sendPage(visit, 422, choosePasswordPage({ ...visit, wrong }, proof.email));
  const password = await deps.passwords.keep(typed, hashedFor(visit, proof.email));
  const now = new Date(deps.clock.now());
  const isSet = await ofIssuer(deps.store, issuer, async (tx) => {
    const found = await findProof(tx, issuer, 'reset', ref, now);
    if (found === undefined || !(await spendProof(tx, issuer, found))) return false;
    const user = await ownerOf(tx, visit, found);
    if (user === undefined) return false;
    await setPassword(tx, issuer, user, password, now);
    await signOutEverywhere(tx, { tenantUuid: issuer.tenantUuid, users: [user] }, deps.clock);
    const letter = { subject: told.reset.changedSubject(issuer.name), body: told.reset.changedBody };
    await sendMail(tx, { recipient: found.email, ...letter }, deps);
    return true;
  });
  if (!isSet) return sendGone(visit);
  forgetLink(visit, 'reset');
  sendPage(visit, 200, notice(told.reset.doneTitle, told.signUp.done));
}

/** The owner of the account: the same as when the mail was requested, and the account still has this address. */
async function ownerOf(
  tx: Parameters<typeof findUser>[0],
  { issuer }: Visit,
  { user, email }: Proof,
): Promise<string | undefined> {
  const found = await findUser(tx, issuer, email);
  return found !== undefined && !found.disabled && found.id === user ? found.id : undefined;
}
