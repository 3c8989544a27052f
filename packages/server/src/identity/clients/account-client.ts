/** The pages of one's account sign people in as an app does, as a client of their own issuer: there is one way to sign in. */
import type { ClientMetadata, Provider } from 'oidc-provider';

export const accountClientId = 'account';
export const signedInPath = '/account/signed-in';

/** Its codes are never redeemed: what counts is the session that is there when one comes. */
export const accountClient = (issuer: string): ClientMetadata => ({
  client_id: accountClientId,
  client_name: 'Tulou',
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code'],
  response_types: ['code'],
  redirect_uris: [issuer + signedInPath],
});

/** The person's own account may know who they are without consent. */
export async function grantToAccount(provider: Provider, accountId: string): Promise<InstanceType<Provider['Grant']>> {
  const grant = new provider.Grant({ accountId, clientId: accountClientId });
  grant.addOIDCScope('openid');
  await grant.save();
  return grant;
}
