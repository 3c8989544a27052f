/**
 * Access tokens (RFC 9068), verified with the issuers' keys in the configuration, without a request to another service. The
 * result holds for the text as long as the key is valid. Whether its grant is still in force is checked on every call.
 */
import type { IssuerNode } from '../snapshot/links.ts';
import { isObject, readCompact, type Compact } from './compact.ts';
import { limitsIn, type Limit } from './limits.ts';
import { isSigned, type Algorithm, type VerifyKey } from '../snapshot/issuer-keys.ts';

/** A token with a valid signature and form. */
export interface Token {
  readonly issuer: string;
  readonly kid: string;
  /** The key that verified it. */
  readonly key: VerifyKey;
  readonly client: string;
  readonly subject: string;
  /** The person for whom the app calls; undefined: the app calls for itself. */
  readonly user: string | undefined;
  /** The tenant (`ten_…`) that owns the data. */
  readonly tenant: string;
  /** Its issuer is that tenant's own: no other tenant's API knows its people, or accepts it. */
  readonly ofTenant: boolean;
  readonly installation: string;
  readonly jti: string;
  readonly grant: string;
  /** Full names. */
  readonly scopes: readonly string[];
  /** The restrictions of its scopes to a part of the data. */
  readonly limits: readonly Limit[];
  /** Unix seconds. */
  readonly issuedAt: number;
  /** The token is refused from this time on, wall clock, milliseconds. */
  readonly untilMs: number;
  /** Thumbprint of the key that each call must prove (RFC 9449 §6.1). */
  readonly proofKey: string | undefined;
  /** Thumbprint of the certificate that the client must have presented (RFC 8705 §3.1). */
  readonly certificate: string | undefined;
}

/** The largest difference between clocks of issuers, gateways and clients. */
export const leewaySeconds = 60;
const lifeSecondsMax = 900;

/** Verifies a text. Returns `expired` only if everything else is valid. */
export function verifyToken(
  text: string,
  issuerOf: (iss: string) => IssuerNode | undefined,
  nowMs: number,
): Token | 'invalid' | 'expired' {
  const compact = readCompact(text);
  const { iss } = compact?.claims ?? {};
  const issuer = typeof iss === 'string' ? issuerOf(iss) : undefined;
  if (compact === undefined || issuer === undefined) return 'invalid';
  const key = provenKey(compact, issuer);
  const kid = String(compact.head['kid']);
  const token = key === undefined ? undefined : readClaims(compact.claims, issuer, { kid, key }, nowMs / 1000);
  if (token === undefined) return 'invalid';
  return nowMs >= token.untilMs ? 'expired' : token;
}

/** Headers that would let a token choose its own verification (RFC 8725 §3.10), or that a verifier must understand. */
const refusedHeaders = ['jku', 'jwk', 'x5u', 'x5c', 'crit', 'b64'];

function provenKey({ head, signed, signature }: Compact, issuer: IssuerNode): VerifyKey | undefined {
  const { typ, alg, kid } = head;
  if (typ !== 'at+jwt' && typ !== 'application/at+jwt') return undefined;
  if (typeof kid !== 'string' || refusedHeaders.some((name) => name in head)) return undefined;
  const key = issuer.keys.get(kid);
  const algorithm = key?.algorithms.find((one) => one === alg);
  if (key === undefined || algorithm === undefined) return undefined;
  return allows(issuer, algorithm) && isSigned(algorithm, key, signed, signature) ? key : undefined;
}

const allows = ({ object }: IssuerNode, algorithm: Algorithm): boolean => object.algorithms.includes(algorithm);

function readClaims(
  claims: Readonly<Record<string, unknown>>,
  { object }: IssuerNode,
  proven: { readonly kid: string; readonly key: VerifyKey },
  nowSeconds: number,
): Token | undefined {
  const { sub, client_id: client, jti, gid, ins, scope = '', cnf, iat, exp } = claims;
  const tenant = tenantOf(claims['aud']);
  if (!isName(sub) || !isName(client) || !isName(jti) || !isName(gid) || !isName(ins)) return undefined;
  if (tenant === undefined || typeof scope !== 'string' || !areTimesSane(claims, nowSeconds)) return undefined;
  // An issuer of one tenant issues tokens for no other tenant.
  if (object.issues_for !== null && object.issues_for !== tenant) return undefined;
  const bound = cnf === undefined ? unbound : bindingIn(cnf);
  const limits = limitsIn(claims['authorization_details']);
  if (bound === undefined || limits === undefined) return undefined;
  return {
    issuer: object.key,
    ...proven,
    client,
    subject: sub,
    user: sub === client ? undefined : sub,
    tenant,
    ofTenant: object.issues_for !== null,
    installation: ins,
    jti,
    grant: gid,
    scopes: scope.split(' '),
    limits,
    issuedAt: Number(iat),
    untilMs: (Number(exp) + leewaySeconds) * 1000,
    ...bound,
  };
}

function areTimesSane({ exp, iat, nbf }: Readonly<Record<string, unknown>>, nowSeconds: number): boolean {
  if (!isTime(exp) || !isTime(iat) || (nbf !== undefined && !isTime(nbf))) return false;
  const latest = nowSeconds + leewaySeconds;
  return iat <= latest && (nbf ?? iat) <= latest && exp > iat && exp - iat <= lifeSecondsMax;
}

const isTime = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** Names go into header fields and into the spool, so they are visible ASCII of bounded length. */
const isName = (value: unknown): value is string => typeof value === 'string' && /^[\x21-\x7e]{1,200}$/.test(value);

const audiencePrefix = 'urn:tulou:tenant:';

/** The one tenant that a token is for. A list, even of one, is refused: the recipient must be unambiguous. */
function tenantOf(aud: unknown): string | undefined {
  if (!isName(aud) || !aud.startsWith(audiencePrefix)) return undefined;
  const tenant = aud.slice(audiencePrefix.length);
  return tenant.startsWith('ten_') ? tenant : undefined;
}

type Binding = Pick<Token, 'proofKey' | 'certificate'>;
const unbound: Binding = { proofKey: undefined, certificate: undefined };

/**
 * The binding of a token, to a key or to a certificate. Undefined: the binding cannot be checked here, and the token is
 * refused.
 */
function bindingIn(cnf: unknown): Binding | undefined {
  if (!isObject(cnf) || Object.keys(cnf).length !== 1) return undefined;
  const { jkt, 'x5t#S256': certificate } = cnf;
  if (isThumbprint(jkt)) return { ...unbound, proofKey: jkt };
  return isThumbprint(certificate) ? { ...unbound, certificate } : undefined;
}

const isThumbprint = (value: unknown): value is string => typeof value === 'string' && /^[\w-]{43}$/.test(value);
