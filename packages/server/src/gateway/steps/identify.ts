import { hash } from 'node:crypto';
import type { ErrorCode } from '@tulou/contract';
import type { Call, Gate, Step } from '../call.ts';
import { verifyRequest } from '../signatures/verify.ts';
import { nonceAt } from '../tokens/nonces.ts';
import { judgeProof, proofChallenge, type Proof } from '../tokens/proof.ts';
import type { Pass } from '../tokens/tokens.ts';
import { drop, findCredential, isOurs, leaveToUpstream, twice } from './credential.ts';

/**
 * Identifies the caller of a call. The credential is an API key as `X-API-Key`, or a key or access token as `Authorization:
 * Bearer`, or a signature made with a key (docs/how-to/sign-requests.md). A token that is bound to a key comes as
 * `Authorization: DPoP` with its proof; a token that is bound to a certificate comes over a connection with the certificate.
 * The credential's fields are not forwarded. An open version accepts calls without a credential, and passes an
 * `Authorization` of another system to the upstream.
 */
export const identify: Step = {
  name: 'identify',
  refusals: [
    'credential_missing',
    'credential_invalid',
    'token_expired',
    'proof_required',
    'certificate_required',
    'signature_invalid',
    'not_ready',
  ],
  run(call, gate) {
    const access = call.version?.object.access;
    const found = findCredential(call, gate);
    if (found === twice) return refuse(call, onlyOne);
    if (call.isSigned)
      return found !== undefined && isOurs(found, call) ? refuse(call, onlyOne) : checkSigned(call, gate);
    if (found === undefined) return access === 'open' ? undefined : 'credential_missing';
    if (access === 'open' && !isOurs(found, call)) return leaveToUpstream(call);
    if (found.includes('.')) return checkToken(call, gate, found);
    if (access === 'token') return refuse(call, onlyTokens);
    return checkKey(call, gate, found);
  },
};

const onlyOne = 'Send exactly one credential.';
const onlyOwn = 'This token is of a tenant’s own issuer: only APIs of that tenant take it.';
const onlyTokens = 'This version takes access tokens, not API keys.';

/** Every other value of `Authorization` or `X-API-Key` is only for the upstream. */
function checkSigned(call: Call, gate: Gate): ErrorCode | undefined {
  if (call.version?.object.access === 'token') return refuse(call, onlyTokens);
  const { state, atMs, exchange } = call;
  const verified = verifyRequest(
    { head: exchange.head, origin: publicOrigin(call, gate) },
    { signerOf: (id) => gate.signers.find(id, state, gate.fleetKey, atMs), used: gate.usedProofs, nowMs: atMs },
  );
  if (typeof verified === 'string') {
    // Without the fleet key, a valid HMAC cannot be distinguished from a wrong one.
    if (gate.fleetKey === undefined) return 'not_ready';
    call.detail = verified;
    return 'signature_invalid';
  }
  call.identity = verified.signer;
  call.watch = verified.watch;
  call.once = verified.once;
  call.drops = (call.drops & (drop.proxy | drop.cookie)) | drop.signature;
  return undefined;
}

function checkKey(call: Call, gate: Gate, text: string): ErrorCode | undefined {
  call.identity = gate.keyring.verify(text, call.state, call.atMs);
  if (call.identity === undefined || call.isProofScheme) return 'credential_invalid';
  return call.identity.app.object?.state === 'suspended' ? 'credential_invalid' : undefined;
}

function checkToken(call: Call, gate: Gate, text: string): ErrorCode | undefined {
  if (call.version?.object.access === 'key') return refuse(call, 'This version takes API keys, not access tokens.');
  const pass = gate.tokens.verify(text, call.state, call.atMs);
  if (typeof pass === 'string') {
    call.challenge = 'Bearer realm="tulou", error="invalid_token"';
    return pass === 'expired' ? 'token_expired' : 'credential_invalid';
  }
  if (pass.token.ofTenant && pass.token.tenant !== call.version?.object.tenant) return refuse(call, onlyOwn);
  call.identity = pass;
  call.pass = pass;
  call.drops |= drop.proof;
  const { certificate } = pass.token;
  return certificate === undefined ? checkProof(call, gate, pass, text) : checkCertificate(call, gate, certificate);
}

/** The client has proven to a trusted proxy that it holds the certificate of the token (RFC 8705 §3). */
function checkCertificate(call: Call, { proxies }: Gate, thumbprint: string): ErrorCode | undefined {
  const held = proxies.certificateOf(call.exchange.remoteAddress, call.clientCert);
  if (!call.isProofScheme && held !== undefined && hash('sha256', held, 'base64url') === thumbprint) return undefined;
  call.challenge = 'Bearer realm="tulou", error="invalid_token"';
  return 'certificate_required';
}

/** A bound token is never accepted as a bearer token, and no other token as a bound one (RFC 9449 §7.1). */
function checkProof(call: Call, gate: Gate, pass: Pass, token: string): ErrorCode | undefined {
  const { proofKey } = pass.token;
  if (proofKey === undefined) return call.isProofScheme ? refuse(call, 'This token is bound to no key.') : undefined;
  const verdict = call.isProofScheme ? proofOf(call, gate, pass, proofKey, token) : 'bearer';
  // A client that must show a new proof, now or soon, gets the nonce for it (RFC 9449 §8.2, §9).
  const isToRenew = verdict === 'stale' || (typeof verdict === 'object' && verdict.ageing);
  if (isToRenew && gate.fleetKey !== undefined) call.proofNonce = nonceAt(gate.fleetKey, Math.floor(call.atMs / 1000));
  if (typeof verdict === 'object') {
    call.once = verdict;
    return undefined;
  }
  const errors = { bad: 'invalid_dpop_proof', stale: 'use_dpop_nonce', bearer: 'invalid_token' } as const;
  call.challenge = proofChallenge(errors[verdict]);
  return 'proof_required';
}

function proofOf(call: Call, gate: Gate, pass: Pass, proofKey: string, token: string): Proof | 'bad' | 'stale' {
  const { fleetKey, usedProofs: used } = gate;
  if (call.proof === undefined) return 'bad';
  const proven = { method: call.exchange.head.method, url: publicUrl(call, gate), token };
  return judgeProof(call.proof, pass, proofKey, proven, { used, fleetKey, nowMs: call.atMs });
}

/** The address as the client sees it: the configured one, or a host name of the API. Never from a `Host` field alone. */
function publicUrl(call: Call, gate: Gate): string {
  return publicOrigin(call, gate) + call.exchange.head.target.slice(0, call.pathEnd);
}

function publicOrigin(call: Call, gate: Gate): string {
  const { host } = call.exchange.head;
  const url = new URL(gate.gatewayUrl);
  if (call.state.apiByHost(host) !== undefined) {
    url.port = '';
    url.host = host;
  }
  return url.origin;
}

function refuse(call: Call, detail: string): ErrorCode {
  call.detail = detail;
  return 'credential_invalid';
}
