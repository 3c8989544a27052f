/** When a person is asked who they are, and how surely they have to show it (OpenID Connect Core §3.1.2.1, RFC 9470). */
import { interactionPolicy, type Configuration, type KoaContextWithOIDC } from 'oidc-provider';
import { accountClientId, grantToAccount } from '../account/client.ts';

/** `acr`: with one factor; with two, or with one that is two by itself (a passkey that has checked whose hand it is in). */
export const acr = { one: 'urn:tulou:acr:1', two: 'urn:tulou:acr:2' } as const;

const ranks: ReadonlyMap<unknown, number> = new Map([
  [acr.one, 1],
  [acr.two, 2],
]);

/** Whether what the session has shown is less than the request asks for with `acr_values`: any of them will do. */
export function fallsShort(acrValues: unknown, shown: unknown): boolean {
  const asked = typeof acrValues === 'string' ? acrValues.split(' ').flatMap((one) => ranks.get(one) ?? []) : [];
  return asked.length > 0 && (ranks.get(shown) ?? 0) < Math.min(...asked);
}

/** oidc-provider's own, and the check that it has only for claims that are asked for one by one. */
export function policyOf(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  policy
    .get('login')
    ?.checks.add(
      new interactionPolicy.Check(
        'acr_values',
        'the person has not shown surely enough who they are',
        'unmet_authentication_requirements',
        ({ oidc }) => fallsShort(oidc.params?.['acr_values'], oidc.acr),
      ),
    );
  return policy;
}

/** The grant that the session has for the client, or was just given. */
export const existingGrant: NonNullable<Configuration['loadExistingGrant']> = async ({ oidc }) => {
  const clientId = oidc.client?.clientId ?? '';
  const id = oidc.result?.consent?.grantId ?? oidc.session?.grantIdFor(clientId);
  const known = id === undefined ? undefined : await oidc.provider.Grant.find(id);
  if (known !== undefined || clientId !== accountClientId || oidc.account === undefined) return known;
  return grantToAccount(oidc.provider, oidc.account.accountId);
};

/** How and when the person has signed in, for the access tokens that act for them (RFC 9068 §2.2.1). */
export function signInOf({ oidc }: KoaContextWithOIDC): Readonly<Record<string, unknown>> {
  const source = oidc.entities.AuthorizationCode ?? oidc.entities.RefreshToken ?? oidc.entities.DeviceCode;
  if (source?.authTime === undefined) return {};
  return { auth_time: source.authTime, ...(source.acr === undefined ? {} : { acr: source.acr }) };
}
