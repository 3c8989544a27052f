/** `/account/password`: another password. */
import { sha256 } from '../../kernel/hash.ts';
import type { PromptDeps } from '../asking.ts';
import { sendMail } from '../mail/send.ts';
import { passwordPage } from './account-views.ts';
import { sendPage } from '../web/visit.ts';
import { hashedFor } from '../people/hashing.ts';
import { judgeChosen } from '../interaction/chosen.ts';
import { setPassword } from '../people/users.ts';
import { personOf, type Self } from '../self.ts';
import { endSessions } from '../people/sessions.ts';
import type { AccountStep, Saying } from './step.ts';
import { ofIssuer } from '../scopes.ts';

export const password: AccountStep = {
  show: (self) => Promise.resolve(say(self, 200, {})),

  async take(self, form, deps) {
    const { visit, user } = self;
    const typed = form.get('password') ?? '';
    const wrong = judgeChosen(
      { password: typed, email: user.email, about: [user.name, visit.issuer.name] },
      visit.told,
    );
    if (wrong !== undefined) return say(self, 422, { wrong });
    await change(self, await deps.passwords.keep(typed, hashedFor(visit, user.id)), deps);
    say(self, 200, { done: visit.told.account.password.done });
  },
};

function say({ visit, user }: Self, status: number, { wrong, done }: Saying): void {
  sendPage(visit, status, passwordPage({ ...visit, wrong: wrong ?? {} }, { user, done }));
}

/** Signs out all sessions that used the old password, and notifies the person by mail. */
async function change(self: Self, kept: string, deps: PromptDeps): Promise<void> {
  const { visit, user, provider, session } = self;
  const { issuer, told } = visit;
  const now = new Date(deps.clock.now());
  await ofIssuer(deps.store, issuer, async (tx) => {
    await setPassword(tx, issuer, user.id, kept, now);
    const letter = { subject: told.reset.changedSubject(issuer.name), body: told.reset.changedBody };
    await sendMail(tx, { recipient: user.email, ...letter }, deps);
  });
  const here = sha256(session.uid);
  await endSessions(personOf(self), (uid) => uid !== here, provider, deps);
}
