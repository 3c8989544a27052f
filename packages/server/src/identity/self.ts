/** Finds the person who is at a page of their own account. */
import type { Provider } from 'oidc-provider';
import type { PersonRef } from './people/authenticators.ts';
import { findUserById, type User } from './people/users.ts';
import { sendOn, type Visit } from './web/visit.ts';
import type { PromptDeps } from './asking.ts';
import { accountClientId, signedInPath } from './clients/account-client.ts';
import { ofIssuer } from './scopes.ts';

type Session = Awaited<ReturnType<Provider['Session']['get']>>;

/** A person who is signed in, at a page. */
export interface Self {
  readonly visit: Visit;
  readonly provider: Provider;
  readonly user: User;
  readonly session: Session;
}

/** A dangerous action needs a new authentication after this time. */
export const recentSeconds = 300;

export const personOf = ({ visit, user }: Self): PersonRef => ({ issuer: visit.issuer, userId: user.id });

/** Undefined: no one is signed in in this browser, or the person is disabled. */
export async function whoIs(visit: Visit, provider: Provider, { store }: PromptDeps): Promise<Self | undefined> {
  const session = await provider.Session.get(provider.createContext(visit.message, visit.response));
  const { accountId } = session;
  if (accountId === undefined) return undefined;
  const user = await ofIssuer(store, visit.issuer, (tx) => findUserById(tx, visit.issuer, accountId));
  return user === undefined || user.disabled ? undefined : { visit, provider, user, session };
}

/** Whether they have shown who they are within the last five minutes. */
export const isRecent = ({ session }: Self): boolean => !session.past(recentSeconds);

/** Sends the browser to sign in, and then back to this page. With `self`: the person must authenticate again. */
export function toSignIn(visit: Visit, { random }: PromptDeps, self?: Self): void {
  const { issuer } = visit.issuer;
  const search = visit.query.size === 0 ? '' : `?${visit.query.toString()}`;
  const query = new URLSearchParams({
    client_id: accountClientId,
    redirect_uri: issuer + signedInPath,
    response_type: 'code',
    scope: 'openid',
    state: visit.path + search,
    // No one knows the verifier: the resulting code is of no use.
    code_challenge: Buffer.from(random.bytes(32)).toString('base64url'),
    code_challenge_method: 'S256',
    ...(self === undefined ? {} : { max_age: String(recentSeconds), login_hint: self.user.email }),
  });
  sendOn(visit, `/oauth2/authorize?${query.toString()}`);
}

const ownPath = /^\/account(?:\/[a-z-]+)*$/;

/** The page of ours that a sign-in was for; undefined: it names none. */
export function pageOf(state: string, { issuer }: Visit['issuer']): string | undefined {
  const url = URL.parse(state, issuer);
  if (url === null || url.origin !== new URL(issuer).origin || !ownPath.test(url.pathname)) return undefined;
  return url.pathname === signedInPath ? undefined : url.pathname + url.search;
}
