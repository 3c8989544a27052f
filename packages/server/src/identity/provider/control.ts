/** The control API as a resource server of the platform's issuer. */
import { errors, type ResourceServer } from 'oidc-provider';
import { findFirstParty } from '../clients/first-party.ts';
import type { IssuerRef } from '../keys/keys.ts';
import { controlResource, controlScope } from '../tokens/control.ts';
import { accessTokenSeconds } from '../tokens/life.ts';
import { nilTenant } from '../../tenancy/nil-tenant.ts';

/**
 * The content of a token for the control API; undefined if another resource is meant. Throws `invalid_target` to clients that
 * tenants have registered: an app acts by an installation, never as the person.
 */
export function controlServer(
  { issuer, tenantUuid }: IssuerRef,
  resource: string,
  clientId: string,
): ResourceServer | undefined {
  if (tenantUuid !== nilTenant || resource !== controlResource(issuer)) return undefined;
  if (findFirstParty(clientId) === undefined) throw new errors.InvalidTarget('this resource is not for apps');
  return {
    audience: resource,
    scope: controlScope,
    accessTokenFormat: 'jwt',
    accessTokenTTL: accessTokenSeconds,
    jwt: { sign: { alg: 'ES256' } },
  };
}
