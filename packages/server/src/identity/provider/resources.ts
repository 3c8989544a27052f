/** Resource indicators (RFC 8707): tenants, as `urn:tulou:tenant:<id or slug>`. */
import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { Store } from '../../store/store.ts';
import { readRights } from '../tokens/rights.ts';
import { accessTokenSeconds } from '../tokens/denials.ts';

type Client = NonNullable<KoaContextWithOIDC['oidc']['client']>;

export interface Resources {
  /** What a token for this resource may say at most. Throws `invalid_target`. */
  readonly info: (ctx: KoaContextWithOIDC, resource: string, client: Client) => Promise<ResourceServer>;
  /** Which resource is meant where the request names none, or one of several. */
  readonly fallback: (
    ctx: KoaContextWithOIDC,
    client: Client,
    oneOf?: readonly string[],
  ) => Promise<string | readonly string[]>;
  /** The installation that the request's token is for. */
  readonly installationOf: (ctx: KoaContextWithOIDC) => string | undefined;
}

export function openResources({ store }: { readonly store: Store }): Resources {
  const installations = new WeakMap<object, string>();
  return {
    async info(ctx, resource, client) {
      const { oidc } = ctx;
      const user = oidc.entities.Account?.accountId ?? oidc.session?.accountId;
      const isOwn = oidc.params?.['grant_type'] === 'client_credentials';
      const rights = await store.system('a token is for a tenant that installed the app', (tx) =>
        readRights(tx, client.clientId, resource, isOwn ? undefined : user),
      );
      if (rights === undefined) throw new errors.InvalidTarget('the app has no active installation for this resource');
      installations.set(ctx, rights.installation);
      const scope = rights.scopes.join(' ');
      // An app that asks for nothing in particular gets what its installation grants (RFC 6749 §3.3).
      if (isOwn && oidc.params !== undefined) oidc.params['scope'] ??= scope;
      return {
        audience: rights.audience,
        scope,
        accessTokenFormat: 'jwt',
        accessTokenTTL: accessTokenSeconds,
        jwt: { sign: { alg: 'ES256' } },
      };
    },
    fallback(ctx, _client, oneOf) {
      const isOwn = ctx.oidc.params?.['grant_type'] === 'client_credentials';
      if (!isOwn || oneOf !== undefined) return Promise.resolve(oneOf ?? []);
      return Promise.reject(new errors.InvalidTarget('resource is missing: urn:tulou:tenant:<tenant>'));
    },
    installationOf: (ctx) => installations.get(ctx),
  };
}
