/** Whether the person agrees to what an app asks for. */
import { errors } from 'oidc-provider';
import { consentPage } from '../pages/views.ts';
import { sendPage } from '../pages/visit.ts';
import { findUserById } from '../people/users.ts';
import { inStore, type Step } from './asking.ts';
import { askedOfPlatform, destinationOf, readAsked, readTenants } from './request.ts';

/** What is not granted yet, as oidc-provider's consent prompt tells it. */
interface Missing {
  readonly missingOIDCScope?: readonly string[];
  readonly missingOIDCClaims?: readonly string[];
  readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>;
}

export const consent: Step = {
  async show({ visit, details, parameters, asker }, deps) {
    const missing = details.prompt.details as Missing;
    const scopes = Object.values(missing.missingResourceScopes ?? {}).flat();
    const { person, tenant, asked } = await inStore(deps, async (tx) => ({
      person: await findUserById(tx, visit.issuer, details.session?.accountId ?? ''),
      tenant: await readTenants(tx, parameters),
      asked: await readAsked(tx, scopes, visit.locale),
    }));
    if (person === undefined) throw new errors.SessionNotFound('nobody is signed in');
    const { host, formTo } = destinationOf(parameters.redirectUri);
    const all = [...asked, ...askedOfPlatform([...(missing.missingOIDCScope ?? []), ...scopes], visit.told)];
    sendPage(visit, 200, consentPage(visit, { ...asker, tenant, person, host, asked: all }), formTo);
  },

  async take({ visit, provider, details, parameters }) {
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
