/** What a person is asked on the way to an app: who they are, and whether they agree. */
import { errors, type Provider } from 'oidc-provider';
import type { Clock } from '../../kernel/clock.ts';
import type { Store, SystemTx } from '../../store/store.ts';
import { consentPage, signInPage } from '../pages/views.ts';
import { readForm, refuseForm, sendPage, type Visit } from '../pages/visit.ts';
import type { Wrong } from '../pages/layout.ts';
import type { Passwords } from '../people/password.ts';
import { signIn } from '../people/sign-in.ts';
import { findUserById } from '../people/users.ts';
import {
  askedOfPlatform,
  destinationOf,
  isMember,
  parametersOf,
  readAsked,
  readAsker,
  readTenants,
} from './request.ts';
import type { Asker, Parameters } from './request.ts';

export interface PromptDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly passwords: Passwords;
}

type Details = Awaited<ReturnType<Provider['interactionDetails']>>;

/** One interaction with the person who was sent to it, and all that its pages are made of. */
interface Asking {
  readonly visit: Visit;
  readonly provider: Provider;
  readonly details: Details;
  readonly parameters: Parameters;
  readonly asker: Asker;
}

/** Shows the page that the interaction is at, or takes its form. Throws `SessionNotFound` where it is over. */
export async function prompt(visit: Visit, provider: Provider, deps: PromptDeps): Promise<void> {
  const { message, response } = visit;
  const details = await provider.interactionDetails(message, response);
  const parameters = parametersOf(details.params);
  const asker = await inStore(deps, (tx) => readAsker(tx, parameters));
  if (asker === undefined) throw new errors.SessionNotFound('the client is no longer in use');
  const asking: Asking = { visit, provider, details, parameters, asker };
  const step = details.prompt.name === 'login' ? login : consent;
  if (message.method !== 'POST') return step.show(asking, deps);
  const form = await readForm(visit);
  if (form === undefined) return refuseForm(visit);
  return form.get('do') === 'deny' ? deny(asking) : step.take(asking, form, deps);
}

const inStore = <T>({ store }: PromptDeps, work: (tx: SystemTx) => Promise<T>): Promise<T> =>
  store.system('a person answers what an app asks', work);

type Form = ReadonlyMap<string, string>;

const login = {
  show: (asking: Asking, _deps: PromptDeps): Promise<void> =>
    Promise.resolve(showSignIn(asking, 200, hintOf(asking), {})),

  async take(asking: Asking, form: Form, deps: PromptDeps): Promise<void> {
    const { visit, provider, parameters } = asking;
    const { message, response, told } = visit;
    const email = (form.get('email') ?? '').slice(0, 256);
    const result = await signIn({ email, password: form.get('password') ?? '', address: visit.address }, deps);
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

function showSignIn({ visit, asker, parameters }: Asking, status: number, email: string, wrong: Wrong): void {
  const page = signInPage({ ...visit, wrong }, asker.app, email);
  sendPage(visit, status, page, destinationOf(parameters.redirectUri).formTo);
}

/** What is not granted yet, as oidc-provider's consent prompt tells it. */
interface Missing {
  readonly missingOIDCScope?: readonly string[];
  readonly missingOIDCClaims?: readonly string[];
  readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>;
}

const consent = {
  async show({ visit, details, parameters, asker }: Asking, deps: PromptDeps): Promise<void> {
    const missing = details.prompt.details as Missing;
    const scopes = Object.values(missing.missingResourceScopes ?? {}).flat();
    const { person, tenant, asked } = await inStore(deps, async (tx) => ({
      person: await findUserById(tx, details.session?.accountId ?? ''),
      tenant: await readTenants(tx, parameters),
      asked: await readAsked(tx, scopes, visit.locale),
    }));
    if (person === undefined) throw new errors.SessionNotFound('nobody is signed in');
    const { host, formTo } = destinationOf(parameters.redirectUri);
    const all = [...asked, ...askedOfPlatform(missing.missingOIDCScope ?? [], visit.told)];
    sendPage(visit, 200, consentPage(visit, { ...asker, tenant, person, host, asked: all }), formTo);
  },

  async take({ visit, provider, details, parameters }: Asking): Promise<void> {
    const missing = details.prompt.details as Missing;
    const accountId = details.session?.accountId;
    if (accountId === undefined) throw new errors.SessionNotFound('nobody is signed in');
    const known = details.grantId === undefined ? undefined : await provider.Grant.find(details.grantId);
    const grant = known ?? new provider.Grant({ accountId, clientId: parameters.clientId });
    if (missing.missingOIDCScope !== undefined) grant.addOIDCScope(missing.missingOIDCScope.join(' '));
    if (missing.missingOIDCClaims !== undefined) grant.addOIDCClaims([...missing.missingOIDCClaims]);
    for (const [resource, scopes] of Object.entries(missing.missingResourceScopes ?? {}))
      grant.addResourceScope(resource, scopes.join(' '));
    const outcome = { consent: { grantId: await grant.save() } };
    return provider.interactionFinished(visit.message, visit.response, outcome, { mergeWithLastSubmission: true });
  },
};

function deny({ visit, provider }: Asking): Promise<void> {
  const outcome = { error: 'access_denied', error_description: 'the person did not agree' };
  return provider.interactionFinished(visit.message, visit.response, outcome, { mergeWithLastSubmission: false });
}
