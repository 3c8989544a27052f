/**
 * Introspection (RFC 7662) and revocation (RFC 7009) of our JWT access tokens. oidc-provider keeps none of them and answers
 * `unsupported_token_type` once it has authenticated the client; from there it goes on here.
 */
import type Provider from 'oidc-provider';
import type { KoaContextWithOIDC } from 'oidc-provider';
import type { Store } from '../../store/store.ts';
import type { PublicJwk } from '../keys/rows.ts';
import type { Clock } from '../../kernel/clock.ts';
import { denyToken, isDenied } from '../../snapshot/denials.ts';
import { readOwnToken, type OwnToken } from '../tokens/own.ts';
import { ofIssuer, platform } from '../scopes.ts';

export interface StructuredDeps {
  readonly store: Store;
  readonly clock: Clock;
}

/** Adds both to a provider that signs with these keys. */
export function serveStructuredTokens(provider: Provider, keys: readonly PublicJwk[], deps: StructuredDeps): void {
  const unsupported = new WeakSet<object>();
  const note = (ctx: KoaContextWithOIDC, { message }: { message: string }): void => {
    if (message === 'unsupported_token_type') unsupported.add(ctx);
  };
  provider.on('introspection.error', note);
  provider.on('revocation.error', note);
  provider.use(async (ctx, next) => {
    await next();
    if (!unsupported.has(ctx)) return;
    const { oidc } = ctx as unknown as KoaContextWithOIDC;
    const token = readOwnToken(String(oidc.params?.['token']), provider.issuer, keys);
    const own = token !== undefined && token.client_id === oidc.client?.clientId ? token : undefined;
    ctx.status = 200;
    if (oidc.route === 'introspection') {
      ctx.body = await introspect(own, deps);
      return;
    }
    // RFC 7009 §2.2: a token that is not known, or another client's, is no error and nothing happens.
    if (own !== undefined) await revoke(own, deps);
    ctx.body = '';
  });
}

async function introspect(token: OwnToken | undefined, { store, clock }: StructuredDeps): Promise<object> {
  if (token === undefined || token.exp * 1000 <= clock.now()) return { active: false };
  const keys = [`token:${token.jti}`, `grant:${token.gid}`, `user:${token.sub}`];
  const denied = await ofIssuer(store, platform, (tx) => isDenied(tx, keys, token.iat));
  return denied
    ? { active: false }
    : { active: true, token_type: token.cnf?.jkt !== undefined ? 'DPoP' : 'Bearer', ...token };
}

function revoke(token: OwnToken, { store }: StructuredDeps): Promise<void> {
  return ofIssuer(store, platform, async (tx) => denyToken(tx, token.jti, token.exp));
}
