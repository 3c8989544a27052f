import type { Step } from '../call.ts';
import { usedBefore } from '../signatures/verify.ts';
import { proofChallenge } from '../tokens/proof.ts';

/**
 * Uses up the proof of the call, or the nonce of its signature: of all calls with the same one, on any thread, one is
 * forwarded. This is the last step before the call is forwarded. Callers therefore cannot fill the memory of used proofs with
 * calls that they may not make.
 */
export const once: Step = {
  name: 'once',
  refusals: ['proof_required', 'signature_invalid', 'overloaded'],
  run(call, gate) {
    if (call.once === undefined) return undefined;
    const verdict = gate.usedProofs.burn(call.once, Math.floor(call.atMs / 1000));
    if (verdict === 'burned') return undefined;
    if (verdict === 'full') return 'overloaded';
    if (call.pass !== undefined) {
      call.challenge = proofChallenge('invalid_dpop_proof');
      return 'proof_required';
    }
    call.detail = usedBefore;
    return 'signature_invalid';
  },
};
