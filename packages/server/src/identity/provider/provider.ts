/** One issuer's Provider, built from values. Nothing of it changes afterwards: other keys make another one. */
import { Provider, type Client, type KoaContextWithOIDC } from 'oidc-provider';
import { problemOf } from '../../http/problem.ts';
import type { Log } from '../../kernel/log.ts';
import { noteSignIns } from '../people/sign-ins.ts';
import { openArtifacts, openReplays, type ArtifactDeps } from '../artifacts/adapter.ts';
import { isSecret } from '../clients/find.ts';
import type { Issuer } from '../issuers/issuer.ts';
import type { SecretKey } from '../keys/rows.ts';
import type { GuardedFetch } from '../outbound/guarded-fetch.ts';
import { openAccounts } from './account.ts';
import { configurationOf } from './configuration.ts';
import { mendDeviceReturn } from './device-return.ts';
import { boundDeviceTries } from './device-tries.ts';
import { openDetails } from '../clients/details.ts';
import { serveTokenExchange } from './exchange.ts';
import { openPages } from './pages.ts';
import { openResources } from './resources.ts';
import { serveStructuredTokens } from './structured.ts';

export interface ProviderDeps extends ArtifactDeps {
  readonly log: Log;
  /** For the URLs that clients have registered to be called. */
  readonly fetch: GuardedFetch;
}

export function buildProvider(issuer: Issuer, keys: readonly SecretKey[], deps: ProviderDeps): Provider {
  const { tenantUuid } = issuer;
  const { vault, fetch } = deps;
  const findAccount = openAccounts(issuer, deps);
  const resources = openResources(issuer, deps);
  const adapter = openArtifacts(tenantUuid, deps);
  const pages = openPages(issuer);
  const details = openDetails(deps);
  const parts = { issuer, keys, vault, adapter, findAccount, resources, fetch, pages, details };
  const provider = new Provider(issuer.issuer, configurationOf(parts));
  // Its own look-up is apart from its own note of it, so that two at once both pass.
  provider.ReplayDetection.unique = openReplays(tenantUuid, deps);
  // A client's `client_secret` here is made of hashes.
  provider.Client.prototype.compareClientSecret = function compare(actual: string): boolean {
    return isSecret(this.clientSecret, actual) && isAsRegistered(this);
  };
  // The mount has set what these say from the configuration; nothing of it comes from the client.
  provider.proxy = true;
  const publicKeys = keys.map(({ publicJwk }) => publicJwk);
  serveStructuredTokens(provider, publicKeys, deps);
  boundDeviceTries(provider, issuer, pages, deps);
  serveTokenExchange(provider, publicKeys, resources, deps);
  provider.on('backchannel.error', (_ctx, error, client) =>
    deps.log.warn({ client: client.clientId, cause: String(error) }, 'a client could not be told of a logout'),
  );
  noteSignIns(provider, issuer, deps);
  mendDeviceReturn(provider);
  provider.on('server_error', (ctx, error) => tellFailure(ctx, error, deps.log));
  return provider;
}

/** oidc-provider takes a secret from the field or the body, whichever way is registered. */
function isAsRegistered(client: Client): boolean {
  const isPosted = Provider.ctx?.oidc.params?.['client_secret'] !== undefined;
  return isPosted === (client.clientAuthMethod === 'client_secret_post');
}

/** While the database is unavailable, clients are asked to retry; any other failure is a defect of the server. */
function tellFailure(ctx: KoaContextWithOIDC, error: unknown, log: Log): void {
  const { code } = problemOf(error);
  log.error({ path: ctx.path, code, cause: String(error) }, 'the identity server failed');
  if (code !== 'unavailable') return;
  ctx.status = 503;
  ctx.set('retry-after', '2');
  ctx.body = { error: 'temporarily_unavailable', error_description: 'try again in a moment' };
}
