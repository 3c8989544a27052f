/** `/account/invitation`: where a mailed invitation leads. */
import { newId } from '../../kernel/random.ts';
import type { TenantTx } from '../../store/store.ts';
import { codePage, invitationPage, joinedPage } from '../web/views.ts';
import { readForm, refuseForm, sendOn, sendPage, type Visit } from '../web/visit.ts';
import type { Wrong } from '../web/layout.ts';
import { hashedFor } from '../people/hashing.ts';
import { judgeChosen } from './chosen.ts';
import { acceptInvitation, findInvitation, readRef, scopeOf, writeRef } from '../people/invitations.ts';
import type { Invitation, InvitationRef } from '../people/invitations.ts';
import { keepJoined } from './joined.ts';
import { signIn } from '../people/sign-in.ts';
import { createUser } from '../people/users.ts';
import type { PromptDeps } from '../asking.ts';
import { withinIssuer } from '../scopes.ts';

export const invitationPath = '/account/invitation';
const cookieSeconds = 3600;

/**
 * The mailed link is `?tenant=ten_…&invitation=inv_…&secret=…`. The secret leaves the address at once for a cookie, so that it
 * stays on no screen; opening the link changes nothing, as mail filters open links too. The three parts, with dots between
 * them, can be typed in as a code as well.
 */
export async function invite(visit: Visit, deps: PromptDeps): Promise<void> {
  if (visit.query.has('secret')) return takeLink(visit);
  const ref = readRef(visit.cookie('invitation') ?? '');
  const invitation = ref === undefined ? undefined : await find(ref, deps);
  const isPost = visit.message.method === 'POST';
  if (ref === undefined || invitation === undefined)
    return isPost ? takeCode(visit, deps) : sendPage(visit, 200, codePage(visit));
  if (invitation.lapsed) return lapsed(visit);
  return isPost ? take(visit, ref, invitation, deps) : sendPage(visit, 200, invitationPage(visit, invitation, ''));
}

function takeLink(visit: Visit): void {
  const ref = readRef(['tenant', 'invitation', 'secret'].map((name) => visit.query.get(name) ?? '').join('.'));
  if (ref === undefined) return gone(visit);
  visit.setCookie('invitation', writeRef(ref), invitationPath, cookieSeconds);
  sendOn(visit, invitationPath);
}

async function takeCode(visit: Visit, deps: PromptDeps): Promise<void> {
  const form = await readForm(visit);
  if (form === undefined) return refuseForm(visit);
  const ref = readRef((form.get('code') ?? '').trim().replace(/^.*#/, ''));
  if (ref === undefined || (await find(ref, deps)) === undefined) return gone(visit);
  visit.setCookie('invitation', writeRef(ref), invitationPath, cookieSeconds);
  // Its own `#`, or the browser would keep the one with the code.
  sendOn(visit, `${invitationPath}#join`);
}

function find(ref: InvitationRef, { store, clock }: PromptDeps): Promise<Invitation | undefined> {
  return store.tenant(scopeOf(ref), (tx) => findInvitation(tx, ref, new Date(clock.now())));
}

async function take(visit: Visit, ref: InvitationRef, invitation: Invitation, deps: PromptDeps): Promise<void> {
  const { told } = visit;
  const form = await readForm(visit);
  if (form === undefined) return refuseForm(visit);
  const outcome = invitation.known
    ? await joinAsKnown(visit, ref, invitation, form.get('password') ?? '', deps)
    : await joinAsNew(visit, ref, invitation, form, deps);
  if (outcome === 'gone') return gone(visit);
  if (!('joined' in outcome))
    return sendPage(visit, 422, invitationPage({ ...visit, wrong: outcome }, invitation, form.get('name') ?? ''));
  visit.setCookie('invitation', '', invitationPath, 0);
  keepJoined(visit, outcome.joined, deps);
  sendPage(visit, 200, joinedPage(told, invitation.tenantName));
}

type Outcome = Joined | 'gone' | Wrong;

interface Joined {
  /** The person. */
  readonly joined: string;
}

async function joinAsKnown(
  visit: Visit,
  ref: InvitationRef,
  { email }: Invitation,
  password: string,
  deps: PromptDeps,
): Promise<Outcome> {
  const { told, address, issuer } = visit;
  const result = await signIn(issuer, { email, password, address }, deps);
  if (result.kind === 'wait') return { '': told.signIn.wait(Math.ceil(result.waitMs / 1000)) };
  if (result.kind === 'wrong') return { password: told.invitation.wrong };
  const now = new Date(deps.clock.now());
  return deps.store.tenant(scopeOf(ref), async (tx) => {
    const found = await findInvitation(tx, ref, now);
    if (found === undefined || found.lapsed) return 'gone';
    return accept(tx, found, result.user.id, visit, deps);
  });
}

async function joinAsNew(
  visit: Visit,
  ref: InvitationRef,
  { email, tenantName }: Invitation,
  form: ReadonlyMap<string, string>,
  deps: PromptDeps,
): Promise<Outcome> {
  const { told, locale, issuer } = visit;
  const [name, typed] = [(form.get('name') ?? '').trim().slice(0, 100), form.get('password') ?? ''];
  const wrong = judgeChosen({ name, password: typed, email, about: [tenantName, issuer.name] }, told);
  if (wrong !== undefined) return wrong;
  const password = await deps.passwords.keep(typed, hashedFor(visit, email));
  const now = new Date(deps.clock.now());
  return deps.store.tenant(scopeOf(ref), async (tx) => {
    const found = await findInvitation(tx, ref, now);
    if (found === undefined || found.lapsed) return 'gone';
    const id = newId('user', deps.clock, deps.random);
    // Where the address has become somebody's meanwhile, the page is shown again and asks for their password.
    const made = await withinIssuer(tx, issuer, (own) =>
      createUser(own, issuer, { id, email, name, locale, password, now }),
    );
    if (!made) return 'gone';
    return accept(tx, found, id, visit, deps);
  });
}

/** Makes the person the member; the tenant's audit trail says so. */
async function accept(
  tx: TenantTx,
  invitation: Invitation,
  user: string,
  { address, requestId }: Visit,
  { clock, audit, bindMember }: PromptDeps,
): Promise<Joined> {
  await acceptInvitation(tx, invitation, user, new Date(clock.now()), { bindMember });
  const { tenantUuid, member, email, role } = invitation;
  const seen = { id: member, email, role };
  const [before, after] = [
    { ...seen, joined: false },
    { ...seen, joined: true, user },
  ];
  await audit(tx, tenantUuid, {
    actor: member,
    operation: 'members.join',
    target: member,
    before,
    after,
    address,
    requestId,
  });
  return { joined: user };
}

function lapsed(visit: Visit): void {
  visit.setCookie('invitation', '', invitationPath, 0);
  sendPage(visit, 410, codePage({ ...visit, wrong: { code: visit.told.invitation.lapsed } }));
}

function gone(visit: Visit): void {
  sendPage(visit, 410, codePage({ ...visit, wrong: { code: visit.told.invitation.gone } }));
}
