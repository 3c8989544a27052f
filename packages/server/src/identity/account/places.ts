/** THE TABLE of the pages of one's account. */
import type { Provider } from 'oidc-provider';
import type { PromptDeps } from '../asking.ts';
import { notice } from '../web/views.ts';
import { html } from '../../http/html.ts';
import { readForm, refuseForm, sendOn, sendPage, type Visit } from '../web/visit.ts';
import { allowed } from './allowed.ts';
import { authenticator } from './authenticator.ts';
import { passkeys } from './passkeys.ts';
import { password } from './password.ts';
import { profile } from './profile.ts';
import { recoveryCodes } from './recovery-codes.ts';
import { email } from './email.ts';
import { isRecent, pageOf, toSignIn, whoIs } from '../self.ts';
import { sessionList } from './session-list.ts';
import type { AccountStep } from './step.ts';

interface AccountPlace {
  readonly path: string;
  /** The person must have authenticated within the last five minutes. */
  readonly dangerous: boolean;
  readonly step: AccountStep;
}

// oxfmt-ignore
const places: readonly AccountPlace[] = [
  { path: '/account',                 dangerous: false, step: profile },
  { path: '/account/email',           dangerous: true,  step: email },
  { path: '/account/password',        dangerous: true,  step: password },
  { path: '/account/passkeys',        dangerous: true,  step: passkeys },
  { path: '/account/authenticator',   dangerous: true,  step: authenticator },
  { path: '/account/recovery-codes',  dangerous: true,  step: recoveryCodes },
  { path: '/account/sessions',        dangerous: false, step: sessionList },
  { path: '/account/allowed',         dangerous: false, step: allowed },
];

export const accountPath = new RegExp(`^(?:${places.map(({ path }) => path).join('|')})$`);

/** Shows a page of the table, or handles its form. A person who is not signed in signs in first, and then returns. */
export async function account(visit: Visit, provider: Provider, deps: PromptDeps): Promise<void> {
  const place = places.find(({ path }) => path === visit.path);
  const self = await whoIs(visit, provider, deps);
  if (place === undefined || self === undefined) return toSignIn(visit, deps);
  if (place.dangerous && self.user.managed) return sendManaged(visit);
  if (place.dangerous && !isRecent(self)) return toSignIn(visit, deps, self);
  if (visit.message.method !== 'POST') return place.step.show(self, deps);
  const form = await readForm(visit);
  return form === undefined ? refuseForm(visit) : place.step.take(self, form, deps);
}

/**
 * A person who signs in with a tenant's own identity provider has no password or factors here: they would outlive what that
 * provider asserts.
 */
function sendManaged(visit: Visit): void {
  const { managed, managedLead } = visit.told.federation;
  sendPage(visit, 403, notice(managed, managedLead));
}

/** Where a sign-in for these pages returns to. The parameters are not read: the session exists, or it does not. */
export function signedIn(visit: Visit): void {
  const page = pageOf(visit.query.get('state') ?? '', visit.issuer);
  if (page !== undefined && visit.query.has('code')) return sendOn(visit, page);
  const { account: say } = visit.told;
  const { title, body } = notice(say.cancelled, say.cancelledLead);
  sendPage(visit, 200, {
    title,
    body: html`${body}
      <div class="actions"><a class="button" href="/account">${say.signIn}</a></div>`,
  });
}
