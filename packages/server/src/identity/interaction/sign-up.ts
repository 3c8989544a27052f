/**
 * `/account/sign-up`: an account for anyone with an e-mail address, if the issuer is open. The address is proven first, by a
 * mailed link. The person chooses name and password where the link was opened. Otherwise somebody could put a password of
 * theirs into an account that another person then confirms.
 */
import { newId } from '../../kernel/random.ts';
import { sendMail } from '../mail/send.ts';
import { askAddressPage, chooseAccountPage, doneSignUpPage } from './lifecycle-views.ts';
import { notice } from '../web/views.ts';
import { readForm, refuseForm, sendMissing, sendPage, type Visit } from '../web/visit.ts';
import { hashedFor } from '../people/hashing.ts';
import { judgeChosen } from './chosen.ts';
import { findProof, makeProof, spendProof } from '../people/proofs.ts';
import { createUser, findUser } from '../people/users.ts';
import { takeAddress } from './asked-mail.ts';
import type { PromptDeps } from '../asking.ts';
import { forgetLink, linkTo, openedBy, sendGone, takeLink, type Opened } from './mailed-link.ts';
import { resetPath } from './reset.ts';
import { ofIssuer } from '../scopes.ts';

export const signUpPath = '/account/sign-up';

export async function signUp(visit: Visit, deps: PromptDeps): Promise<void> {
  if (visit.issuer.signUp !== 'open') return sendMissing(visit);
  if (takeLink(visit, 'sign_up')) return undefined;
  const opened = await openedBy(visit, 'sign_up', deps);
  const isPost = visit.message.method === 'POST';
  if (opened === 'gone') return sendGone(visit);
  if (opened !== undefined)
    return isPost
      ? finish(visit, opened, deps)
      : sendPage(visit, 200, chooseAccountPage(visit, opened.proof.email, ''));
  return isPost ? ask(visit, deps) : sendPage(visit, 200, askAddressPage(visit, visit.told.signUp, ''));
}

/** Whether the address has an account is said in the mail to it, and nowhere else. */
async function ask(visit: Visit, deps: PromptDeps): Promise<void> {
  const { told, issuer, query } = visit;
  const asked = await takeAddress(visit, deps);
  if (asked === undefined) return undefined;
  if (asked.kind !== 'asked') {
    const frame = { ...visit, wrong: { [asked.kind === 'wrong' ? 'email' : '']: asked.says } };
    return sendPage(visit, asked.kind === 'wrong' ? 422 : 429, askAddressPage(frame, told.signUp, asked.typed));
  }
  const { email } = asked;
  const interaction = interactionOf(query);
  const say = told.signUp;
  await ofIssuer(deps.store, issuer, async (tx) => {
    const known = await findUser(tx, issuer, email);
    const proof = await makeProof(tx, issuer, 'sign_up', { email, user: known?.id, interaction }, deps);
    const letter =
      known === undefined
        ? {
            subject: say.mailSubject(issuer.name),
            body: say.mailBody(issuer.name, linkTo(issuer.issuer, signUpPath, proof)),
          }
        : {
            subject: say.knownSubject(issuer.name),
            body: say.knownBody(issuer.name, new URL(resetPath, issuer.issuer).href),
          };
    await sendMail(tx, { recipient: email, ...letter }, deps);
  });
  sendPage(visit, 200, notice(say.askedTitle, say.asked(email)));
}

/** The interaction that somebody came from, who had no account to sign in with. */
function interactionOf(query: URLSearchParams): string | undefined {
  const given = query.get('interaction') ?? '';
  return /^[\w-]{1,100}$/.test(given) ? given : undefined;
}

async function finish(visit: Visit, { ref, proof }: Opened, deps: PromptDeps): Promise<void> {
  const { issuer, told, locale } = visit;
  const form = await readForm(visit);
  if (form === undefined) return refuseForm(visit);
  const [name, typed] = [(form.get('name') ?? '').trim().slice(0, 100), form.get('password') ?? ''];
  const wrong = judgeChosen({ name, password: typed, email: proof.email, about: [issuer.name] }, told);
  if (wrong !== undefined) return sendPage(visit, 422, chooseAccountPage({ ...visit, wrong }, proof.email, name));
  const password = await deps.passwords.keep(typed, hashedFor(visit, proof.email));
  const now = new Date(deps.clock.now());
  const isMade = await ofIssuer(deps.store, issuer, async (tx) => {
    const found = await findProof(tx, issuer, 'sign_up', ref, now);
    // Where the address had an account when it was asked for, or has got one since, its link makes no other.
    if (found === undefined || found.user !== undefined || !(await spendProof(tx, issuer, found))) return false;
    const id = newId('user', deps.clock, deps.random);
    return createUser(tx, issuer, { id, email: found.email, name, locale, password, now });
  });
  if (!isMade) return sendGone(visit);
  forgetLink(visit, 'sign_up');
  sendPage(visit, 200, doneSignUpPage(told, proof.interaction));
}
