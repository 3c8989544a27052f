/** When a person is asked who they are, and how surely they have to show it (OpenID Connect Core §3.1.2.1, RFC 9470). */
import { interactionPolicy, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { acr } from '../tokens/acr.ts';
import { accountClientId, grantToAccount } from '../clients/account-client.ts';
import { findFirstParty } from '../clients/first-party.ts';
import type { Resources } from './resources.ts';

const ranks: ReadonlyMap<unknown, number> = new Map([
  [acr.one, 1],
  [acr.two, 2],
]);

/** Whether what the session has shown is less than the request asks for with `acr_values`: any of them will do. */
export function fallsShort(acrValues: unknown, shown: unknown): boolean {
  const asked = typeof acrValues === 'string' ? acrValues.split(' ').flatMap((one) => ranks.get(one) ?? []) : [];
  return asked.length > 0 && (ranks.get(shown) ?? 0) < Math.min(...asked);
}

const { Check } = interactionPolicy;

const personGone = new Check(
  'no_account',
  'the person of this session is no longer here',
  ({ oidc }) => oidc.session?.accountId !== undefined && oidc.account === undefined,
);

const notSureEnough = new Check(
  'acr_values',
  'the person has not shown surely enough who they are',
  'unmet_authentication_requirements',
  ({ oidc }) => fallsShort(oidc.params?.['acr_values'], oidc.acr),
);

/** A tenant may let its members in by its own identity provider only, and people have more than one account. */
const otherPerson = (mayAct: Resources['mayAct']) =>
  new Check(
    'other_person',
    'the person of this session may not act where it is asked for',
    'login_required',
    async (ctx) => {
      const { oidc } = ctx;
      if (oidc.account === undefined || oidc.result?.login !== undefined) return Check.NO_NEED_TO_PROMPT;
      return (await mayAct(ctx)) ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT;
    },
  );

/** oidc-provider's own, and checks more: some it leaves out, one it has for claims only. */
export function policyOf({ mayAct }: Pick<Resources, 'mayAct'>): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const checks = policy.get('login')?.checks;
  checks?.add(personGone);
  checks?.add(notSureEnough);
  checks?.add(otherPerson(mayAct));
  return policy;
}

/**
 * The grant that the session has for the client, or was just given. Consent to some of the data is valid for the one request
 * that named them. The next request asks again, be it for other data or for all.
 */
export const existingGrant: NonNullable<Configuration['loadExistingGrant']> = async ({ oidc }) => {
  const clientId = oidc.client?.clientId ?? '';
  const given = oidc.result?.consent?.grantId;
  if (given === undefined && oidc.params?.['authorization_details'] !== undefined) return undefined;
  // Each sign-in of a program on somebody's machine is an agreement of its own, and ends without the others.
  if (given === undefined && findFirstParty(clientId) !== undefined) return undefined;
  const id = given ?? oidc.session?.grantIdFor(clientId);
  const known = id === undefined ? undefined : await oidc.provider.Grant.find(id);
  if (given === undefined && isLimited(known)) return undefined;
  if (known !== undefined || clientId !== accountClientId || oidc.account === undefined) return known;
  return grantToAccount(oidc.provider, oidc.account.accountId);
};

/** Whether it was given for some of the data only. */
export const isLimited = (grant: { readonly rar?: readonly unknown[] | undefined } | undefined): boolean =>
  (grant?.rar ?? []).length > 0;

/** How and when the person has signed in, for the access tokens that act for them (RFC 9068 §2.2.1). */
export function signInOf({ oidc }: KoaContextWithOIDC): Readonly<Record<string, unknown>> {
  const source = oidc.entities.AuthorizationCode ?? oidc.entities.RefreshToken ?? oidc.entities.DeviceCode;
  if (source?.authTime === undefined) return {};
  return { auth_time: source.authTime, ...(source.acr === undefined ? {} : { acr: source.acr }) };
}
