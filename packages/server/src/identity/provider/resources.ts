/** Resource indicators (RFC 8707): tenants, as `urn:tulou:tenant:<id or slug>`, and the control API. */
import { errors, type KoaContextWithOIDC, type ResourceServer } from 'oidc-provider';
import type { Store } from '../../store/store.ts';
import { installLink } from '../requests/link.ts';
import type { IssuerRef } from '../keys/keys.ts';
import { readRights } from '../tokens/rights.ts';
import { accessTokenSeconds } from '../tokens/life.ts';
import { controlServer } from './control.ts';
import { asPlatform } from '../system-wide.ts';

type Client = NonNullable<KoaContextWithOIDC['oidc']['client']>;

export interface Resources {
  /** The most that a token for this resource may contain. Throws `invalid_target`. */
  readonly info: (ctx: KoaContextWithOIDC, resource: string, client: Client) => Promise<ResourceServer>;
  /** Whether the person of the session may act in all that is asked for. */
  readonly mayAct: (ctx: KoaContextWithOIDC) => Promise<boolean>;
  /** Which resource is meant where the request names none, or one of several. */
  readonly fallback: (
    ctx: KoaContextWithOIDC,
    client: Client,
    oneOf?: readonly string[],
  ) => Promise<string | readonly string[]>;
  /**
   * For `rotateRefreshToken`, which is asked before the token is spent: a request that would give nothing (for another resource,
   * or while the installation is paused) throws `invalid_target` here and leaves its token whole. Else its next use would
   * look like a theft and end the family.
   */
  readonly mayRotate: (ctx: KoaContextWithOIDC) => Promise<true>;
  /** The installation that the request's token is for. */
  readonly installationOf: (ctx: KoaContextWithOIDC) => string | undefined;
  /** Says what the request's token takes over from the one that it is made from. */
  readonly inherit: (ctx: KoaContextWithOIDC, claims: Inherited) => void;
  readonly inheritedOf: (ctx: KoaContextWithOIDC) => Inherited | undefined;
}

export interface Inherited {
  /** Denials of the grant behind the first token reach this one too. */
  readonly gid: string;
  /** RFC 8693 §4.1: who acts for the person. */
  readonly act?: Readonly<Record<string, unknown>>;
}

const ofBrowsers = new Set(['authorization', 'resume', 'code_verification', 'device_resume']);

/**
 * The signed-in person may not, but another person may: the policy asks for another sign-in (policy.ts). Only once for each
 * request.
 */
const othersMaySignIn = ({ oidc }: KoaContextWithOIDC): boolean =>
  ofBrowsers.has(oidc.route) && oidc.result?.login === undefined;

export function openResources(issuer: IssuerRef, { store }: { readonly store: Store }): Resources {
  const installations = new WeakMap<object, string>();
  const inherited = new WeakMap<object, Inherited>();
  const notInstalled = async (asked: Parameters<typeof installLink>[2]): Promise<Error> => {
    const link = await asPlatform(store, 'rights', (tx) => installLink(tx, issuer.issuer, asked));
    const where = link === undefined ? '' : `; an admin of the tenant installs it at ${link}`;
    return new errors.InvalidTarget(`the app has no active installation for this resource${where}`);
  };
  const resources: Resources = {
    async info(ctx, resource, client) {
      const control = controlServer(issuer, resource, client.clientId);
      if (control !== undefined) return control;
      const { oidc } = ctx;
      const user = oidc.entities.Account?.accountId ?? oidc.session?.accountId;
      const isOwn = oidc.params?.['grant_type'] === 'client_credentials';
      const rights = await asPlatform(store, 'rights', async (tx) => {
        const read = (who: string | undefined) => readRights(tx, issuer, client.clientId, resource, who);
        const own = await read(isOwn ? undefined : user);
        return own === undefined && othersMaySignIn(ctx) ? read(undefined) : own;
      });
      if (rights === undefined || (isOwn && rights.trial))
        throw await notInstalled({ clientId: client.clientId, resource, scope: oidc.params?.['scope'] });
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
    async mayAct({ oidc }) {
      const [asked, user] = [oidc.params?.['resource'], oidc.session?.accountId];
      const all = Array.isArray(asked) ? asked.map(String) : typeof asked === 'string' ? [asked] : [];
      const clientId = oidc.client?.clientId ?? '';
      return asPlatform(store, 'rights', async (tx) => {
        for (const resource of all) {
          if (controlServer(issuer, resource, clientId) !== undefined) continue;
          if ((await readRights(tx, issuer, clientId, resource, user)) === undefined) return false;
        }
        return true;
      });
    },
    fallback(ctx, _client, oneOf) {
      const isOwn = ctx.oidc.params?.['grant_type'] === 'client_credentials';
      if (!isOwn || oneOf !== undefined) return Promise.resolve(oneOf ?? []);
      return Promise.reject(new errors.InvalidTarget('resource is missing: urn:tulou:tenant:<tenant>'));
    },
    async mayRotate(ctx) {
      const { params, client, entities } = ctx.oidc;
      const token = entities.RefreshToken;
      const asked = params?.['resource'] ?? token?.resource;
      if (asked === undefined || client === undefined || token === undefined) return true;
      if (typeof asked !== 'string' || !token.resourceIndicators.has(asked)) throw new errors.InvalidTarget();
      await resources.info(ctx, asked, client);
      return true;
    },
    installationOf: (ctx) => installations.get(ctx),
    inherit: (ctx, claims) => void inherited.set(ctx, claims),
    inheritedOf: (ctx) => inherited.get(ctx),
  };
  return resources;
}
