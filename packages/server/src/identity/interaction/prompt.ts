/** The questions to a person who signs in to an app: who they are, and whether they agree. */
import { errors, type Provider } from 'oidc-provider';
import { accountClientId } from '../clients/account-client.ts';
import { readForm, refuseForm, type Visit } from '../web/visit.ts';
import type { Asking, PromptDeps } from '../asking.ts';
import { consent } from './consent.ts';
import { login } from './login.ts';
import { parametersOf, readAsker, type Asker, type Parameters } from '../requests/request.ts';
import { asPlatform } from '../system-wide.ts';

/** Shows the page that the interaction is at, or takes its form. Throws `SessionNotFound` where it is over. */
export async function prompt(visit: Visit, provider: Provider, deps: PromptDeps): Promise<void> {
  const { message, response } = visit;
  const details = await provider.interactionDetails(message, response);
  const parameters = parametersOf(visit.issuer, details.params);
  const asker = await whoAsks(visit, parameters, deps);
  if (asker === undefined) throw new errors.SessionNotFound('the client is no longer in use');
  const asking: Asking = { visit, provider, details, parameters, asker };
  const step = details.prompt.name === 'login' ? login : consent;
  if (message.method !== 'POST') return step.show(asking, deps);
  const form = await readForm(visit);
  if (form === undefined) return refuseForm(visit);
  return form.get('do') === 'deny' ? deny(asking) : step.take(asking, form, deps);
}

/** One's own account is no app; it is called what it is, in the reader's language. */
function whoAsks({ told, issuer }: Visit, parameters: Parameters, deps: PromptDeps): Promise<Asker | undefined> {
  if (parameters.clientId === accountClientId)
    return Promise.resolve({ app: told.account.asker, developer: issuer.name });
  return asPlatform(deps.store, 'rights', (tx) => readAsker(tx, parameters));
}

function deny({ visit, provider }: Asking): Promise<void> {
  const outcome = { error: 'access_denied', error_description: 'the person did not agree' };
  return provider.interactionFinished(visit.message, visit.response, outcome, { mergeWithLastSubmission: false });
}
