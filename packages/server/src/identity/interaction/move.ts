/** `/account/move`: where the mail to an account's new address leads. */
import { sendMail } from '../mail/send.ts';
import { movePage } from './lifecycle-views.ts';
import { notice } from '../web/views.ts';
import { readForm, refuseForm, sendPage, type Visit } from '../web/visit.ts';
import { findProof, spendProof } from '../people/proofs.ts';
import { findUserById, moveUser } from '../people/users.ts';
import type { PromptDeps } from '../asking.ts';
import { forgetLink, openedBy, sendGone, takeLink, type Opened } from './mailed-link.ts';
import { ofIssuer } from '../scopes.ts';

export const movePath = '/account/move';

export async function move(visit: Visit, deps: PromptDeps): Promise<void> {
  if (takeLink(visit, 'move')) return undefined;
  const opened = await openedBy(visit, 'move', deps);
  if (opened === 'gone' || opened?.proof.user === undefined) return sendGone(visit);
  if (visit.message.method === 'POST') return finish(visit, opened, deps);
  const { user: id, email } = opened.proof;
  const user = await ofIssuer(deps.store, visit.issuer, (tx) => findUserById(tx, visit.issuer, id));
  return user === undefined ? sendGone(visit) : sendPage(visit, 200, movePage(visit, user.email, email));
}

async function finish(visit: Visit, { ref }: Opened, deps: PromptDeps): Promise<void> {
  const { issuer, told } = visit;
  if ((await readForm(visit)) === undefined) return refuseForm(visit);
  const now = new Date(deps.clock.now());
  const moved = await ofIssuer(deps.store, issuer, async (tx) => {
    const found = await findProof(tx, issuer, 'move', ref, now);
    if (found?.user === undefined || !(await spendProof(tx, issuer, found))) return false;
    const user = await findUserById(tx, issuer, found.user);
    if (user === undefined || user.disabled || user.managed) return false;
    if (!(await moveUser(tx, issuer, user.id, found.email, now))) return false;
    const letter = { subject: told.move.movedSubject(issuer.name), body: told.move.movedBody(found.email) };
    await sendMail(tx, { recipient: user.email, ...letter }, deps);
    return true;
  });
  if (!moved) return sendGone(visit);
  forgetLink(visit, 'move');
  sendPage(visit, 200, notice(told.move.doneTitle, told.move.done));
}
