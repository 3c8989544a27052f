/** Identifies the person who signs in to an app. */
import { signIn } from '../people/sign-in.ts';
import { takePasskey } from '../people/show-passkey.ts';
import { findUserById, type User } from '../people/users.ts';
import { relyingParty } from '../people/webauthn.ts';
import type { Asking, Form, PromptDeps, Step } from '../asking.ts';
import { offersFor, takeFound } from './federation.ts';
import { choosePage } from './lifecycle-views.ts';
import { sendPage } from '../web/visit.ts';
import { enter } from './enter.ts';
import { enterOrAsk, firstOf, showFactor, startOver, takeFactor } from './factor.ts';
import { takeJoined } from './joined.ts';
import { alonePurpose, hintOf, isAgain, showSignIn } from './sign-in-page.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';
import { ofIssuer } from '../scopes.ts';

export const login: Step = {
  async show(asking, deps) {
    const found = takeFound(asking.visit, asking.details.uid, deps);
    if (found !== undefined) return takeFederated(asking, found, deps);
    const joined = isAgain(asking) ? undefined : await personWhoJoined(asking, deps);
    if (joined !== undefined) return enterOrAsk(asking, joined, { amr: ['pwd'] }, deps);
    const first = firstOf(asking, deps);
    if (first !== undefined) return showFactor(asking, first, deps);
    const isOther = asking.details.prompt.reasons.includes('other_person');
    const wrong = isOther ? { '': asking.visit.told.signIn.noMember } : {};
    return showSignIn(asking, deps, 200, hintOf(asking), wrong);
  },

  take(asking, form, deps) {
    const first = firstOf(asking, deps);
    if (form.get('do') === 'again') return startOver(asking);
    if (first !== undefined) return takeFactor(asking, first, form, deps);
    return form.get('do') === 'passkey-alone' ? takeAlone(asking, form, deps) : takePassword(asking, form, deps);
  },
};

async function personWhoJoined({ visit }: Asking, deps: PromptDeps): Promise<User | undefined> {
  const id = visit.issuer.tenantUuid === nilTenant ? takeJoined(visit, deps) : undefined;
  const user = id && (await ofIssuer(deps.store, visit.issuer, (tx) => findUserById(tx, visit.issuer, id)));
  return user && !user.disabled && !user.managed ? user : undefined;
}

/** Their provider has seen to how surely they have shown who they are. */
async function takeFederated(asking: Asking, found: string, deps: PromptDeps): Promise<void> {
  const { issuer, told } = asking.visit;
  const user = await ofIssuer(deps.store, issuer, (tx) => findUserById(tx, issuer, found));
  if (user === undefined || user.disabled) return showSignIn(asking, deps, 403, '', { '': told.federation.unknown });
  return enter(asking, user, { amr: ['fed'] }, deps);
}

async function takePassword(asking: Asking, form: Form, deps: PromptDeps): Promise<void> {
  const { visit } = asking;
  const { response, told } = visit;
  const email = (form.get('email') ?? '').slice(0, 256);
  const given = { email, password: form.get('password') ?? '', address: visit.address };
  if (given.password === '' && (await showCompany(asking, email, deps))) return undefined;
  const result = await signIn(visit.issuer, given, deps);
  if (result.kind === 'wrong') return showSignIn(asking, deps, 422, email, { password: told.signIn.wrong });
  if (result.kind === 'wait') {
    const seconds = Math.ceil(result.waitMs / 1000);
    response.setHeader('retry-after', seconds);
    return showSignIn(asking, deps, 429, email, { '': told.signIn.wait(seconds) });
  }
  return enterOrAsk(asking, result.user, { amr: ['pwd'] }, deps);
}

/** An address without a password: the ways of the company that it belongs to. False: there are none. */
async function showCompany({ visit, details }: Asking, email: string, deps: PromptDeps): Promise<boolean> {
  if (visit.issuer.tenantUuid !== nilTenant || !email.includes('@')) return false;
  const offered = await offersFor(email.trim(), deps);
  if (offered.length > 0) sendPage(visit, 200, choosePage(visit, details.uid, email.trim(), offered));
  return offered.length > 0;
}

/** A passkey is something one has; that it has checked who holds it makes two factors of it. */
async function takeAlone(asking: Asking, form: Form, deps: PromptDeps): Promise<void> {
  const { visit } = asking;
  const { issuer } = visit;
  const rpID = relyingParty(issuer);
  const { challenges } = deps;
  const wanted = { issuer, rpID: rpID ?? '', challenges, userId: undefined, purpose: alonePurpose(visit) };
  const found = rpID && (await takePasskey(form.get('credential') ?? '', wanted, deps));
  const user = found && (await ofIssuer(deps.store, issuer, (tx) => findUserById(tx, issuer, found)));
  if (!user || user.disabled || user.managed)
    return showSignIn(asking, deps, 422, '', { '': visit.told.factor.passkeyWrong });
  return enter(asking, user, { amr: ['pop', 'user', 'mfa'] }, deps);
}
