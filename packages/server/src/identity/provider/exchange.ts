/**
 * Token exchange (RFC 8693): a client of an app exchanges an access token of the same installation for one with fewer rights.
 * The binding stays: the key or the certificate must be proven again, and the new token is bound to the same one.
 */
import { errors, type Provider, type TokenEndpointGrantContext } from 'oidc-provider';
import {
  buildTokenResponse,
  checkDpopReplay,
  checkDpopRequired,
  findAccount,
  resolveRequestedResources,
  validateDpop,
} from 'oidc-provider/lib/helpers/grants.js';
import { hash, type X509Certificate } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import type { Store } from '../../store/store.ts';
import { readClient } from '../clients/find.ts';
import type { PublicJwk } from '../keys/rows.ts';
import { isDenied } from '../../snapshot/denials.ts';
import { accessTokenSeconds } from '../tokens/life.ts';
import { readOwnToken, type OwnToken } from '../tokens/own.ts';
import { certificateOf } from './certificates.ts';
import { inheritedDetails } from '../clients/details.ts';
import type { Inherited, Resources } from './resources.ts';
import { asPlatform } from '../system-wide.ts';

export const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

interface ExchangeDeps {
  readonly store: Store;
  readonly clock: Clock;
}

interface Params {
  readonly subject_token?: string;
  readonly subject_token_type?: string;
  readonly requested_token_type?: string;
  readonly actor_token?: string;
  readonly audience?: string;
}
type Ctx = TokenEndpointGrantContext<Params>;

const parameters = [
  ...['subject_token', 'subject_token_type', 'requested_token_type', 'actor_token', 'actor_token_type'],
  ...['resource', 'audience', 'scope'],
];

/** Adds the grant type to a provider that signs with these keys. */
export function serveTokenExchange(
  provider: Provider,
  keys: readonly PublicJwk[],
  resources: Resources,
  deps: ExchangeDeps,
): void {
  const exchange = async (ctx: Ctx): Promise<void> => {
    holdRequest(ctx.oidc.params);
    const subject = await findSubject(
      ctx,
      readOwnToken(ctx.oidc.params.subject_token ?? '', provider.issuer, keys),
      deps,
    );
    const bind = await holdBinding(provider, ctx, subject);
    const own = subject.sub === subject.client_id;
    if (!own) await holdAccount(provider, ctx, subject.sub);
    ctx.oidc.params.resource ??= subject.aud;
    const [server] = await resolveRequestedResources(provider, ctx);
    if (server === undefined || subject.ins === undefined || resources.installationOf(ctx) !== subject.ins)
      throw new errors.InvalidTarget('the subject token is not for this resource');
    const scope = narrowed(ctx, subject).filter((one) => server.scopes.has(one));
    resources.inherit(ctx, inheritedFrom(subject, own, ctx.oidc.client.clientId));
    const { client } = ctx.oidc;
    const life = { client, expiresIn: Math.min(accessTokenSeconds, subject.exp - Math.floor(deps.clock.now() / 1000)) };
    const token = own
      ? new provider.ClientCredentials(life)
      : new provider.AccessToken({ ...life, accountId: subject.sub, grantId: subject.gid, gty: tokenExchange });
    token.resourceServer = server;
    token.scope = scope.join(' ');
    token.rar = inheritedDetails(token.scope, subject.authorization_details);
    bind(token);
    const accessToken = await token.save();
    ctx.body = buildTokenResponse(provider, {
      accessToken,
      issuedTokenType: accessTokenType,
      authorizationDetails: token.rar,
      expiresIn: token.expiration,
      scope: token.scope,
      tokenType: token.tokenType,
    });
  };
  provider.registerGrantType<Params>(tokenExchange, exchange, parameters);
}

/** Throws `invalid_request` for what is not offered: ignoring it would say that it was granted. */
function holdRequest(params: Ctx['oidc']['params']): void {
  const { subject_token_type: given, requested_token_type: wanted = accessTokenType, actor_token: actor } = params;
  if (given !== accessTokenType || wanted !== accessTokenType)
    throw new errors.InvalidRequest(`only ${accessTokenType} is exchanged, for the same type`);
  if (actor !== undefined) throw new errors.InvalidRequest('actor_token is not supported: the client is who acts');
  if (params.audience !== undefined) throw new errors.InvalidTarget('use resource instead of audience');
}

/** RFC 8693 §2.2.2: a token that is no good is an invalid request. */
async function findSubject(ctx: Ctx, token: OwnToken | undefined, { store, clock }: ExchangeDeps): Promise<OwnToken> {
  const nowMs = clock.now();
  const refused = new errors.InvalidRequest('the subject token is not valid, or not one of this app');
  if (token === undefined || token.exp * 1000 <= nowMs) throw refused;
  const keys = [`token:${token.jti}`, `grant:${token.gid}`, `user:${token.sub}`];
  const good = await asPlatform(store, 'clients', async (tx) => {
    if (await isDenied(tx, keys, token.iat)) return false;
    const [from, to] = [await readClient(tx, token.client_id), await readClient(tx, ctx.oidc.client.clientId)];
    return from !== undefined && from.appId === to?.appId;
  });
  if (!good) throw refused;
  return token;
}

/** Holds the request to what the subject token is bound to, and says how the new one is bound. */
async function holdBinding(
  provider: Provider,
  ctx: Ctx,
  { cnf = {} }: OwnToken,
): Promise<(token: InstanceType<Provider['AccessToken']> | InstanceType<Provider['ClientCredentials']>) => void> {
  const proof = await validateDpop(provider, ctx);
  checkDpopRequired(provider, ctx, proof);
  const certificate = certificateOf(ctx);
  if (cnf.jkt !== undefined && proof?.thumbprint !== cnf.jkt)
    throw new errors.InvalidDpopProof('the subject token is bound to another key');
  const isBound = cnf['x5t#S256'] !== undefined || ctx.oidc.client.tlsClientCertificateBoundAccessTokens === true;
  if (isBound && certificate === undefined) throw new errors.InvalidRequest('a TLS certificate is needed');
  if (cnf['x5t#S256'] !== undefined && certificate !== undefined && thumbprintOf(certificate) !== cnf['x5t#S256'])
    throw new errors.InvalidRequest('the subject token is bound to another certificate');
  await checkDpopReplay(provider, ctx, proof, ctx.oidc.client.clientId);
  return (token) => {
    if (isBound && certificate !== undefined) token.setThumbprint('x5t', certificate);
    if (proof !== undefined) token.setThumbprint('jkt', proof.thumbprint);
  };
}

const thumbprintOf = ({ raw }: X509Certificate): string => hash('sha256', raw, 'base64url');

async function holdAccount(provider: Provider, ctx: Ctx, sub: string): Promise<void> {
  const account = await findAccount(provider, ctx, sub);
  if (account === undefined) throw new errors.InvalidRequest('the person of the subject token is not known any more');
  ctx.oidc.entity('Account', account);
}

/** The scopes that are asked for; all of the subject token where none are. */
function narrowed(ctx: Ctx, subject: OwnToken): readonly string[] {
  const held = (subject.scope ?? '').split(' ').filter((one) => one !== '');
  const asked = ctx.oidc.params.scope === undefined ? held : [...ctx.oidc.requestParamScopes];
  const beyond = asked.filter((one) => !held.includes(one));
  if (beyond.length > 0) throw new errors.InvalidScope('the subject token does not have it', beyond.join(' '));
  return asked;
}

/**
 * For a person the client acts, after any earlier actor. An app's own token belongs to the app, whichever of its clients holds
 * it: it has no actor.
 */
function inheritedFrom({ gid, act, client_id: from }: OwnToken, own: boolean, client: string): Inherited {
  if (own) return { gid };
  const acting = client === from ? act : { sub: client, ...(act === undefined ? {} : { act }) };
  return acting === undefined ? { gid } : { gid, act: acting };
}
