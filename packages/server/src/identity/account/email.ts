/** `/account/email`: another address. The account gets it when the reader of its mail has confirmed it (`/account/move`). */
import { mayBeMailed } from '../interaction/asked-mail.ts';
import { linkTo } from '../interaction/mailed-link.ts';
import { movePath } from '../interaction/move.ts';
import type { PromptDeps } from '../asking.ts';
import { sendMail } from '../mail/send.ts';
import { emailPage } from './account-views.ts';
import { sendPage } from '../web/visit.ts';
import { makeProof } from '../people/proofs.ts';
import { findUser } from '../people/users.ts';
import type { Self } from '../self.ts';
import type { AccountStep, Saying } from './step.ts';
import { ofIssuer } from '../scopes.ts';

export const email: AccountStep = {
  show: (self) => Promise.resolve(say(self, 200, '', {})),

  async take(self, form, deps) {
    const { visit } = self;
    const asked = await mayBeMailed(visit, form.get('email') ?? '', deps);
    if (asked.kind === 'asked') {
      await ask(self, asked.email, deps);
      return say(self, 200, '', { done: visit.told.move.asked(asked.email) });
    }
    const wrong = { [asked.kind === 'wrong' ? 'email' : '']: asked.says };
    return say(self, asked.kind === 'wrong' ? 422 : 429, asked.typed, { wrong });
  },
};

function say({ visit, user }: Self, status: number, typed: string, { wrong, done }: Saying): void {
  sendPage(visit, status, emailPage({ ...visit, wrong: wrong ?? {} }, { user, typed, done }));
}

/** Whether the address is somebody else's is said in the mail to it, and nowhere else. */
async function ask({ visit, user }: Self, address: string, deps: PromptDeps): Promise<void> {
  const { issuer, told } = visit;
  await ofIssuer(deps.store, issuer, async (tx) => {
    const taken = await findUser(tx, issuer, address);
    const about = { email: address, user: taken === undefined ? user.id : undefined, interaction: undefined };
    const proof = await makeProof(tx, issuer, 'move', about, deps);
    const body =
      taken === undefined
        ? told.move.mailBody(issuer.name, linkTo(issuer.issuer, movePath, proof))
        : told.move.takenBody(issuer.name);
    await sendMail(tx, { recipient: address, subject: told.move.mailSubject(issuer.name), body }, deps);
  });
}
