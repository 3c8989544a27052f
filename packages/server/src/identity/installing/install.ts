/**
 * `/account/install?app=<tenant>/<app>`: an admin installs an app, narrows it or ends it, in words; who is none asks one.
 * `scopes` names what somebody wants it to have, `tenant` which tenant is meant. Each decision is an operation of the control
 * API, done as the person: what they may is decided there.
 */
import type { Provider } from 'oidc-provider';
import { idFromUuid, Problem } from '@tulou/contract';
import { approvals } from '@tulou/contract/operations/approvals';
import { installations } from '@tulou/contract/operations/installations';
import { isRecent, toSignIn, whoIs, type Self } from '../self.ts';
import type { Actor } from '../../operations/acting.ts';
import type { Form, PromptDeps } from '../asking.ts';
import { readAsked } from '../requests/request.ts';
import { choosePage, installPage, type InstallScene } from './install-views.ts';
import type { Wrong } from '../web/layout.ts';
import { readForm, refuseForm, sendMissing, sendOn, sendPage, type Visit } from '../web/visit.ts';
import type { Words } from '../web/words.ts';
import { readUsable } from '../tokens/rights.ts';
import { askAdmin } from '../requests/withheld.ts';
import { chooseMembership } from './choose.ts';
import { readApp, readApprovals, readHeld, type Membership } from './read.ts';
import { withinTenant } from '../../store/store.ts';
import { fromIdentity } from '../../tenancy/doors.ts';
import { asPlatform } from '../system-wide.ts';

export const installPath = '/account/install';

export async function install(visit: Visit, provider: Provider, deps: PromptDeps): Promise<void> {
  const self = await whoIs(visit, provider, deps);
  if (self === undefined) return toSignIn(visit, deps);
  const membership = await chooseMembership(visit, self.user.id, deps);
  if (Array.isArray(membership)) return sendPage(visit, 200, choosePage(visit.told, membership));
  const scene = await readScene(self, membership, deps);
  if (scene === undefined) return sendMissing(visit);
  const deciding: Deciding = { self, membership, scene };
  if (visit.message.method !== 'POST') return show(deciding, 200, {});
  const form = await readForm(visit);
  return form === undefined ? refuseForm(visit) : decide(deciding, form, deps);
}

interface Deciding {
  readonly self: Self;
  readonly membership: Membership;
  readonly scene: InstallScene;
}

type Done = keyof Words['install']['told'];

async function readScene(
  { visit, user }: Self,
  { tenantUuid, name, role, mayTry }: Membership,
  { store }: PromptDeps,
): Promise<InstallScene | undefined> {
  const isAdmin = role === 'admin' || role === 'owner';
  const named = (visit.query.get('scopes') ?? '').split(' ');
  return asPlatform(store, 'rights', async (tx) => {
    const scope = fromIdentity('member', tenantUuid);
    const app = await readApp(tx, scope, visit.query.get('app') ?? '');
    if (app === undefined) return undefined;
    const declared = [...app.required, ...app.optional];
    const wanted = declared.filter((scope) => named.includes(scope));
    const held = await withinTenant(tx, scope, (own) => readHeld(own, app.id));
    const words = await readAsked(tx, [...declared, ...(held?.scopes ?? [])], visit.locale);
    const low = words.flatMap(({ scope, risk }) => (scope !== undefined && risk === 'low' ? [scope] : []));
    const usable = isAdmin
      ? wanted
      : await readUsable(tx, { tenantUuid, appId: app.id, scopes: held?.scopes ?? [] }, user.id);
    return {
      tenantName: name,
      isAdmin,
      app,
      held,
      approvals: isAdmin ? await withinTenant(tx, scope, (own) => readApprovals(own, app.id)) : [],
      wanted,
      beyond: wanted.filter((scope) => !usable.includes(scope)),
      mayTry: mayTry && app.required.every((scope) => low.includes(scope)),
      done: doneOf(visit),
      words,
    };
  });
}

function doneOf({ query, told }: Visit): Done | undefined {
  const done = query.get('done') ?? '';
  return Object.hasOwn(told.install.told, done) ? (done as Done) : undefined;
}

function show({ self: { visit }, scene }: Deciding, status: number, wrong: Wrong): void {
  sendPage(visit, status, installPage({ ...visit, wrong }, scene));
}

async function decide(deciding: Deciding, form: Form, deps: PromptDeps): Promise<void> {
  const { self, scene } = deciding;
  const { visit } = self;
  const decision = decisions[form.get('do') ?? ''];
  if (decision === undefined) return show(deciding, 422, {});
  if (addsRisk(scene, wishOf(scene, form)) && decision.grants && !isRecent(self)) return toSignIn(visit, deps, self);
  try {
    await decision.run(deciding, form, deps);
  } catch (error) {
    if (!(error instanceof Problem) || !expected.includes(error.code)) throw error;
    const { meanwhile, onlyAdmin } = visit.told.install;
    return show(deciding, 409, { '': error.code === 'forbidden' ? onlyAdmin(scene.tenantName) : meanwhile });
  }
  const query = new URLSearchParams(visit.query);
  query.set('done', decision.done);
  // The requested scopes have been decided on.
  if (decision.grants) query.delete('scopes');
  sendOn(visit, `${visit.path}?${query.toString()}`);
}

/** The errors that occur when two admins decide concurrently, or when a page was left open. */
const expected: readonly string[] = ['forbidden', 'conflict', 'state_conflict', 'not_found', 'invalid_request'];

/** The scopes that the form grants: all that the app needs, and those that were chosen or asked for. */
function wishOf({ app, held, approvals: asked }: InstallScene, form: Form): string[] {
  const approval = asked.find(({ id }) => id === form.get('approval'));
  const chosen =
    approval === undefined
      ? app.optional.filter((scope) => form.has(`scope:${scope}`))
      : [...(held?.scopes ?? []), ...approval.scopes];
  const declared = [...app.required, ...app.optional];
  return declared.filter((scope) => app.required.includes(scope) || chosen.includes(scope));
}

/** Whether something of high risk is granted that was not before. */
const addsRisk = ({ held, words }: InstallScene, wish: readonly string[]): boolean =>
  words.some(
    ({ scope = '', risk }) =>
      risk !== 'low' && risk !== 'medium' && wish.includes(scope) && held?.scopes.includes(scope) !== true,
  );

interface Decision {
  /** May grant scopes: a person who grants scopes of high risk must authenticate again. */
  readonly grants: boolean;
  readonly done: Done;
  readonly run: (deciding: Deciding, form: Form, deps: PromptDeps) => Promise<void>;
}

const actorOf = ({ visit, user }: Self): Actor => ({
  user: user.id,
  address: visit.address,
  requestId: visit.requestId,
});
const tenantOf = ({ membership }: Deciding): string => idFromUuid('tenant', membership.tenantUuid);

/** Moves the installation that is there. */
const moving =
  (
    operation: typeof installations.pause | typeof installations.resume | typeof installations.delete,
  ): Decision['run'] =>
  async (deciding, _form, { act }) => {
    const installation = deciding.scene.held?.id ?? '';
    await act<typeof operation>(actorOf(deciding.self), operation, {
      params: { tenant: tenantOf(deciding), installation },
    });
  };

const granting: Decision['run'] = async (deciding, form, { act }) => {
  const { self, scene } = deciding;
  const [actor, tenant, scopes] = [actorOf(self), tenantOf(deciding), wishOf(scene, form)];
  if (scene.held === undefined)
    await act(actor, installations.create, { params: { tenant }, body: { app: scene.app.address, scopes } });
  else await act(actor, installations.update, { params: { tenant, installation: scene.held.id }, body: { scopes } });
};

const deciding =
  (operation: typeof approvals.approve | typeof approvals.reject): Decision['run'] =>
  async (given, form, { act }) => {
    const approval = form.get('approval') ?? '';
    await act<typeof operation>(actorOf(given.self), operation, { params: { tenant: tenantOf(given), approval } });
  };

// oxfmt-ignore
const decisions: Readonly<Record<string, Decision>> = {
  install: { grants: true,  done: 'installed', run: granting },
  save:    { grants: true,  done: 'saved',     run: granting },
  pause:   { grants: false, done: 'paused',    run: moving(installations.pause) },
  resume:  { grants: false, done: 'resumed',   run: moving(installations.resume) },
  revoke:  { grants: false, done: 'revoked',   run: moving(installations.delete) },
  reject:  { grants: false, done: 'rejected',  run: deciding(approvals.reject) },
  allow:   { grants: true,  done: 'allowed',   run: async (given, form, deps) => {
    await granting(given, form, deps);
    await deciding(approvals.approve)(given, form, deps);
  } },
  ask:     { grants: false, done: 'asked',     run: async (given, _form, { act }) => {
    const { app, wanted } = given.scene;
    await askAdmin(act, actorOf(given.self), { tenant: tenantOf(given), app: app.address, scopes: wanted });
  } },
  try:     { grants: false, done: 'tried',     run: async (given, _form, { act }) => {
    const { app } = given.scene;
    await act(actorOf(given.self), installations.try, { params: { tenant: tenantOf(given) }, body: { app: app.address } });
  } },
};
