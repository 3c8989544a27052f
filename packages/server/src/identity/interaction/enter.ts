/** The end of each way to sign in: whether this person may go on, and that they do. */
import { endSessions } from '../people/sessions.ts';
import { sha256 } from '../../kernel/hash.ts';
import type { User } from '../people/users.ts';
import { acr } from '../tokens/acr.ts';
import { fallsShort } from '../provider/policy.ts';
import type { Asking, PromptDeps } from '../asking.ts';
import { isMember } from '../requests/request.ts';
import { showSignIn } from './sign-in-page.ts';
import { asPlatform } from '../system-wide.ts';

/** How the person has shown who they are: methods as RFC 8176 names them. `mfa` among them says that it were two factors. */
export interface Shown {
  readonly amr: readonly string[];
}

/** Signs the person in and sends them on; or shows them the page again, which says why not. */
export async function enter(asking: Asking, user: User, { amr }: Shown, deps: PromptDeps): Promise<void> {
  const { visit, provider, details, parameters } = asking;
  const { told } = visit;
  const level = amr.includes('mfa') ? acr.two : acr.one;
  if (fallsShort(details.params['acr_values'], level))
    return showSignIn(asking, deps, 403, user.email, { '': told.factor.none });
  if (!(await asPlatform(deps.store, 'rights', (tx) => isMember(tx, parameters, user.id))))
    return showSignIn(asking, deps, 403, user.email, { email: told.signIn.noMember });
  await leaveOther(asking, user, deps);
  const outcome = { login: { accountId: user.id, amr: [...amr], acr: level } };
  return provider.interactionFinished(visit.message, visit.response, outcome, { mergeWithLastSubmission: false });
}

/** A browser is one person's at a time. (oidc-provider would have a script end the other session; pages have none.) */
async function leaveOther({ visit, provider, details }: Asking, user: User, deps: PromptDeps): Promise<void> {
  const other = details.session;
  if (other === undefined || other.accountId === user.id) return;
  delete details.session;
  // The entries that belong to a grant are removed with it; the other person's session ends below.
  delete details.grantId;
  await details.persist();
  const uid = sha256(other.uid);
  await endSessions({ issuer: visit.issuer, userId: other.accountId }, (one) => one === uid, provider, deps);
}
