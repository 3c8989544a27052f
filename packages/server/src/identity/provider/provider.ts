/** One issuer's Provider, built from values. Nothing of it changes afterwards: other keys make another one. */
import { Provider, type KoaContextWithOIDC } from 'oidc-provider';
import { problemOf } from '../../http/problem.ts';
import { equalHashes, sha256 } from '../../kernel/hash.ts';
import type { Log } from '../../kernel/log.ts';
import { openArtifacts, openReplays, type ArtifactDeps } from '../artifacts/adapter.ts';
import type { IssuerRef } from '../keys/keys.ts';
import type { SecretKey } from '../keys/rows.ts';
import { openAccounts } from './account.ts';
import { configurationOf } from './configuration.ts';
import { openResources } from './resources.ts';
import { serveStructuredTokens } from './structured.ts';

export interface ProviderDeps extends ArtifactDeps {
  readonly log: Log;
}

export function buildProvider(
  ref: IssuerRef,
  keys: readonly SecretKey[],
  deps: ProviderDeps,
): Provider {
  const { issuer, tenantUuid } = ref;
  const { vault } = deps;
  const findAccount = openAccounts(ref, deps);
  const resources = openResources(deps);
  const adapter = openArtifacts(tenantUuid, deps);
  const provider = new Provider(issuer, configurationOf({ issuer, keys, vault, adapter, findAccount, resources }));
  // Its own look-up is apart from its own note of it, so that two at once both pass.
  provider.ReplayDetection.unique = openReplays(tenantUuid, deps);
  // A client's `client_secret` here is the SHA-256 of it.
  provider.Client.prototype.compareClientSecret = function compare(actual: string): boolean {
    return equalHashes(this.clientSecret ?? '', sha256(actual));
  };
  // The mount has set what these say from the configuration; nothing of it comes from the client.
  provider.proxy = true;
  serveStructuredTokens(
    provider,
    keys.map(({ publicJwk }) => publicJwk),
    deps,
  );
  provider.on('server_error', (ctx, error) => tellFailure(ctx, error, deps.log));
  return provider;
}

/** While the database is away, clients are told to come back; anything else is a defect of ours. */
function tellFailure(ctx: KoaContextWithOIDC, error: unknown, log: Log): void {
  const { code } = problemOf(error);
  log.error({ path: ctx.path, code, cause: String(error) }, 'the identity server failed');
  if (code !== 'unavailable') return;
  ctx.status = 503;
  ctx.set('retry-after', '2');
  ctx.body = { error: 'temporarily_unavailable', error_description: 'try again in a moment' };
}
