/** Whether the person agrees to what an app asks for. */
import { errors } from 'oidc-provider';
import { findFirstParty } from '../clients/first-party.ts';
import { consentPage, type Asked } from '../web/views.ts';
import { sendOn, sendPage } from '../web/visit.ts';
import { findUserById } from '../people/users.ts';
import { dataDetailsIn, type DataDetail } from '../clients/details.ts';
import { isLimited } from '../provider/policy.ts';
import { linkTo } from '../installing/choose.ts';
import { installPath } from '../installing/install.ts';
import { askAdmin, readWithheld, recordAgreement, type Request, type Withheld } from '../requests/withheld.ts';
import type { Asking, PromptDeps, Step } from '../asking.ts';
import { askedOfPlatform, destinationOf, readAsked, readTenants, type Parameters } from '../requests/request.ts';
import { asPlatform } from '../system-wide.ts';
import { withinIssuer } from '../scopes.ts';

/** The parts that are not granted yet, as oidc-provider's consent prompt lists them. */
interface Missing {
  readonly missingOIDCScope?: readonly string[];
  readonly missingOIDCClaims?: readonly string[];
  readonly missingResourceScopes?: Readonly<Record<string, readonly string[]>>;
  /** RFC 9396, as the request has them. */
  readonly rar?: unknown;
}

export const consent: Step = {
  async show({ visit, details, parameters, asker }, deps) {
    const missing = details.prompt.details as Missing;
    const scopes = Object.values(missing.missingResourceScopes ?? {}).flat();
    const { person, tenant, asked, withheld } = await asPlatform(deps.store, 'rights', async (tx) => {
      const beyond = await readWithheld(tx, requestOf(parameters, details), details.session?.accountId ?? '');
      return {
        person: await withinIssuer(tx, visit.issuer, (own) =>
          findUserById(own, visit.issuer, details.session?.accountId ?? ''),
        ),
        tenant: await readTenants(tx, parameters),
        asked: limited(await readAsked(tx, scopes, visit.locale), dataDetailsIn(missing.rar)),
        withheld: {
          asked: await readAsked(tx, beyond?.scopes ?? [], visit.locale),
          decideAt: beyond?.isAdmin === true ? linkOf(beyond) : undefined,
          isAsked: visit.query.has('asked'),
        },
      };
    });
    if (person === undefined) throw new errors.SessionNotFound('nobody is signed in');
    const { host, formTo } = destinationOf(parameters.redirectUri);
    const all = [...asked, ...askedOfPlatform([...(missing.missingOIDCScope ?? []), ...scopes], visit.told)];
    sendPage(visit, 200, consentPage(visit, { ...asker, tenant, person, host, asked: all, withheld }), formTo);
  },

  async take(asking, form, deps) {
    if (form.get('do') === 'ask') return ask(asking, deps);
    // The sign-in's form sent twice, say, is no agreement.
    if (form.get('do') !== 'allow') return consent.show(asking, deps);
    const { visit, provider, details, parameters } = asking;
    const missing = details.prompt.details as Missing;
    const accountId = details.session?.accountId;
    if (accountId === undefined) throw new errors.SessionNotFound('nobody is signed in');
    const known = details.grantId === undefined ? undefined : await provider.Grant.find(details.grantId);
    const limits = dataDetailsIn(missing.rar);
    const isOwn = findFirstParty(parameters.clientId) !== undefined;
    const isApart = limits.length > 0 || isLimited(known) || isOwn;
    const grant = (isApart ? undefined : known) ?? new provider.Grant({ accountId, clientId: parameters.clientId });
    for (const one of limits) grant.addRar({ ...one });
    if (missing.missingOIDCScope !== undefined) grant.addOIDCScope(missing.missingOIDCScope.join(' '));
    if (missing.missingOIDCClaims !== undefined) grant.addOIDCClaims([...missing.missingOIDCClaims]);
    const agreed = Object.entries(missing.missingResourceScopes ?? {});
    for (const [resource, scopes] of agreed) grant.addResourceScope(resource, scopes.join(' '));
    const actor = { user: accountId, address: visit.address, requestId: visit.requestId };
    for (const [resource, scopes] of agreed) {
      const { issuer, clientId } = parameters;
      const agreement = { issuer, clientId, resource, scopes };
      await asPlatform(deps.store, 'rights', (tx) => recordAgreement(tx, 'create', agreement, actor, deps.audit));
    }
    const outcome = { consent: { grantId: await grant.save() } };
    return provider.interactionFinished(visit.message, visit.response, outcome, { mergeWithLastSubmission: true });
  },
};

/** Each right with the data that it is limited to. */
const limited = (asked: readonly Asked[], details: readonly DataDetail[]): readonly Asked[] =>
  asked.map((one) => {
    const only = details.filter(({ actions }) => actions.includes(one.scope ?? '')).map(({ identifier }) => identifier);
    return only.length === 0 ? one : { ...one, only };
  });

/** An admin decides at the page of the app, and begins again at the app. */
const linkOf = ({ app, tenant, scopes }: Withheld): string =>
  linkTo(installPath, new URLSearchParams(), { app, tenant, scopes: scopes.join(' ') });

const requestOf = ({ issuer, clientId, resources }: Parameters, { params }: Asking['details']): Request => ({
  issuer,
  clientId,
  resources,
  scopes: String(params['scope'] ?? '').split(' '),
});

/** Leaves for an admin what the person can't agree to; the person goes on with the rest. */
async function ask({ visit, details, parameters }: Asking, deps: PromptDeps): Promise<void> {
  const user = details.session?.accountId;
  if (user === undefined) throw new errors.SessionNotFound('nobody is signed in');
  const withheld = await asPlatform(deps.store, 'rights', (tx) =>
    readWithheld(tx, requestOf(parameters, details), user),
  );
  const actor = { user, address: visit.address, requestId: visit.requestId };
  if (withheld !== undefined) await askAdmin(deps.act, actor, withheld);
  sendOn(visit, `${visit.path}?asked`);
}
