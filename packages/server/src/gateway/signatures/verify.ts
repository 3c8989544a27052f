/**
 * Requests that are signed with a key of an app (RFC 9421). docs/how-to/sign-requests.md lists the requirements and their
 * reasons.
 */
import type { Once, UsedProofs } from '../tokens/proofs.ts';
import type { ContentWatch } from '../wire/exchange.ts';
import { fieldOf, signatureBase, type Signed } from './base.ts';
import { digestWatch } from './digest.ts';
import type { Signer } from './signers.ts';
import { readDictionary, type InnerList, type Parameters } from './structured.ts';

/** A signed request with a valid signature. */
export interface Verified {
  readonly signer: Signer;
  /** The digests that its content must still be checked against. */
  readonly watch: ContentWatch | undefined;
  /** Its nonce, which must still be used up. */
  readonly once: Once;
}

export interface VerifyDeps {
  readonly signerOf: (credentialId: string) => Signer | undefined;
  readonly used: UsedProofs;
  readonly nowMs: number;
}

export const usedBefore = 'The nonce was used before.';

const ageSecondsMax = 300;
const aheadSecondsMax = 60;

/** Whether `Signature-Input` names a key of this platform, well-formed or not. Other signatures may be for other parties. */
export const namesOurKey = (signatureInput: string): boolean => /keyid *= *"[0-9A-Za-z]{33}"/.test(signatureInput);

/** Verifies the single signature by a key of this platform; a text says why it is refused. */
export function verifyRequest(request: Signed, deps: VerifyDeps): Verified | string {
  const found = ownSignature(request.head.fields);
  if (typeof found === 'string') return found;
  const { covered, signature, keyid } = found;
  const nowSeconds = Math.floor(deps.nowMs / 1000);
  const fault = timesFault(covered.params, nowSeconds) ?? coverFault(request, covered);
  if (fault !== undefined) return fault;
  const base = signatureBase(request, covered);
  if (base === undefined) return 'A component is covered that is not in the request, twice, or with a parameter.';
  const signer = deps.signerOf(keyid);
  // Both cases have one text: only the owner may know whether a key exists.
  if (signer === undefined || !hasAlgorithm(covered, signer) || !signer.isSigned(base, signature)) {
    return 'The signature is wrong, or its key is not valid.';
  }
  const watch = digestWatch(fieldOf(request.head.fields, 'content-digest'));
  if (coversDigest(covered) && (watch === undefined || !isEmptyGood(request, watch))) {
    return 'Content-Digest must hold the sha-256 or sha-512 of the content.';
  }
  const once = onceOf(covered.params, keyid);
  if (Number(covered.params.get('created')) < deps.used.sinceSeconds) {
    return 'This gateway has started after the request was signed: sign it again.';
  }
  if (deps.used.wasUsed(once, nowSeconds)) return usedBefore;
  return { signer, watch: hasContent(request) ? watch : undefined, once };
}

interface Own {
  readonly covered: InnerList;
  readonly signature: Buffer;
  readonly keyid: string;
}

function ownSignature(fields: readonly string[]): Own | string {
  const inputs = readDictionary(fieldOf(fields, 'signature-input') ?? '');
  const signatures = readDictionary(fieldOf(fields, 'signature') ?? '');
  if (inputs === undefined || signatures === undefined) return 'Signature-Input or Signature cannot be read.';
  const own: Own[] = [];
  for (const [label, covered] of inputs) {
    const keyid = 'params' in covered ? covered.params.get('keyid') : undefined;
    if (!('params' in covered) || typeof keyid !== 'string' || !/^[0-9A-Za-z]{33}$/.test(keyid)) continue;
    const member = signatures.get(label);
    if (member === undefined || !('item' in member) || !Buffer.isBuffer(member.item)) return 'A signature is missing.';
    own.push({ covered, signature: member.item, keyid });
  }
  const [first, second] = own;
  return first === undefined || second !== undefined ? 'Sign with exactly one key.' : first;
}

function timesFault(params: Parameters, nowSeconds: number): string | undefined {
  const [created, expires, nonce] = [params.get('created'), params.get('expires'), params.get('nonce')];
  if (typeof nonce !== 'string' || nonce.length === 0 || nonce.length > 128) {
    return 'The signature needs a nonce of 1 to 128 characters.';
  }
  if (typeof created !== 'number') return 'The signature needs its time in `created`.';
  if (created < nowSeconds - ageSecondsMax || created > nowSeconds + aheadSecondsMax) {
    return `The signature is not of now: \`created\` is more than ${ageSecondsMax} s ago or ${aheadSecondsMax} s ahead.`;
  }
  if (expires !== undefined && (typeof expires !== 'number' || expires < nowSeconds))
    return 'The signature has expired.';
  return undefined;
}

function coverFault(request: Signed, { items }: InnerList): string | undefined {
  const covers = (name: string): boolean => items.some(({ value, params }) => value === name && params.size === 0);
  const address = ['@authority', '@path', ...(request.head.target.includes('?') ? ['@query'] : [])];
  if (!covers('@method')) return 'The signature must cover "@method".';
  if (!covers('@target-uri') && !address.every(covers)) {
    return 'The signature must cover "@target-uri", or "@authority", "@path" and, where there is one, "@query".';
  }
  return hasContent(request) && !covers('content-digest') ? 'The signature must cover "content-digest".' : undefined;
}

const coversDigest = ({ items }: InnerList): boolean => items.some(({ value }) => value === 'content-digest');
const hasContent = ({ head }: Signed): boolean => head.contentLength !== 0;
const isEmptyGood = (request: Signed, watch: ContentWatch): boolean => hasContent(request) || watch.isGood();

/** The key determines the algorithm. If a signature names an algorithm, it must be that one (RFC 9421 §3.2). */
function hasAlgorithm({ params }: InnerList, { kind }: Signer): boolean {
  const named = params.get('alg');
  return named === undefined || named === kind;
}

function onceOf(params: Parameters, keyid: string): Once {
  const until = Number(params.get('created')) + ageSecondsMax;
  const untilSeconds = Math.min(until, Number(params.get('expires') ?? Infinity));
  return { name: `signature ${keyid} ${String(params.get('nonce'))}`, untilSeconds };
}
