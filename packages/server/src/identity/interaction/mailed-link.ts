/**
 * Handles a mailed link: `?proof=<id>.<secret>`. The secret moves from the address to a cookie immediately, so that it stays
 * on no screen and in no history. Opening the link changes nothing, because mail filters open links too.
 */
import { notice } from '../web/views.ts';
import { sendOn, sendPage, type Visit } from '../web/visit.ts';
import { findProof, readProofRef, writeProofRef, type Proof, type ProofRef, type Purpose } from '../people/proofs.ts';
import type { PromptDeps } from '../asking.ts';
import { ofIssuer } from '../scopes.ts';

const cookieSeconds = 3600;
const cookieOf = (purpose: Purpose): string => `proof_${purpose}`;

/** Where a link leads that is put into a mail. */
export function linkTo(issuer: string, path: string, ref: ProofRef): string {
  const link = new URL(path, issuer);
  link.searchParams.set('proof', writeProofRef(ref));
  return link.href;
}

/** Whether the visit came by such a link; it is answered then. */
export function takeLink(visit: Visit, purpose: Purpose): boolean {
  const given = visit.query.get('proof');
  if (given === null) return false;
  const ref = readProofRef(given);
  if (ref === undefined) sendGone(visit);
  else {
    visit.setCookie(cookieOf(purpose), writeProofRef(ref), visit.path, cookieSeconds);
    sendOn(visit, visit.path);
  }
  return true;
}

export interface Opened {
  readonly ref: ProofRef;
  readonly proof: Proof;
}

/**
 * The proof of the link that this browser has opened; undefined: there is none. `gone`: it is no longer valid, and its cookie
 * is removed.
 */
export async function openedBy(visit: Visit, purpose: Purpose, deps: PromptDeps): Promise<Opened | 'gone' | undefined> {
  const ref = readProofRef(visit.cookie(cookieOf(purpose)) ?? '');
  if (ref === undefined) return undefined;
  const now = new Date(deps.clock.now());
  const proof = await ofIssuer(deps.store, visit.issuer, (tx) => findProof(tx, visit.issuer, purpose, ref, now));
  if (proof !== undefined) return { ref, proof };
  forgetLink(visit, purpose);
  return 'gone';
}

export function forgetLink(visit: Visit, purpose: Purpose): void {
  visit.setCookie(cookieOf(purpose), '', visit.path, 0);
}

export function sendGone(visit: Visit): void {
  const { goneTitle, gone } = visit.told.signUp;
  sendPage(visit, 410, notice(goneTitle, gone));
}
