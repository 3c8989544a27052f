/** Who the person is, on the way to an app. */
import { sendPage } from '../pages/visit.ts';
import type { Wrong } from '../pages/layout.ts';
import { waysIn } from '../pages/lifecycle-views.ts';
import { signInPage } from '../pages/views.ts';
import { signIn } from '../people/sign-in.ts';
import { inStore, type Asking, type Step } from './asking.ts';
import { destinationOf, isMember } from './request.ts';

export const login: Step = {
  show: (asking) => Promise.resolve(showSignIn(asking, 200, hintOf(asking), {})),

  async take(asking, form, deps) {
    const { visit, provider, parameters } = asking;
    const { message, response, told } = visit;
    const email = (form.get('email') ?? '').slice(0, 256);
    const given = { email, password: form.get('password') ?? '', address: visit.address };
    const result = await signIn(visit.issuer, given, deps);
    if (result.kind === 'wrong') return showSignIn(asking, 422, email, { password: told.signIn.wrong });
    if (result.kind === 'wait') {
      const seconds = Math.ceil(result.waitMs / 1000);
      response.setHeader('retry-after', seconds);
      return showSignIn(asking, 429, email, { '': told.signIn.wait(seconds) });
    }
    const accountId = result.user.id;
    if (!(await inStore(deps, (tx) => isMember(tx, parameters, accountId))))
      return showSignIn(asking, 403, email, { email: told.signIn.noMember });
    const outcome = { login: { accountId, amr: ['pwd'] } };
    return provider.interactionFinished(message, response, outcome, { mergeWithLastSubmission: false });
  },
};

/** Who the app believes it is (OpenID Connect `login_hint`); nothing is known of them yet. */
function hintOf({ details }: Asking): string {
  const hint = details.params['login_hint'];
  return typeof hint === 'string' && hint.length <= 256 ? hint : '';
}

function showSignIn({ visit, asker, parameters, details }: Asking, status: number, email: string, wrong: Wrong): void {
  const page = signInPage({ ...visit, wrong }, asker.app, email, waysIn(visit, details.uid));
  sendPage(visit, status, page, destinationOf(parameters.redirectUri).formTo);
}
