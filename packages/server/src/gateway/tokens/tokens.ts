/**
 * Whose call a token's is. A verified text is remembered by the thread, so that the next call costs look-ups; what may
 * change meanwhile (keys, client, app, denials, time) is asked of the present configuration on every call.
 */
import type { SnapshotOf } from '@tulou/contract';
import type { Identity } from '../keyring.ts';
import type { Grant } from '../grant.ts';
import { hash64, type Hash64 } from '../limits/hash.ts';
import type { AppNode, ClientNode, InstallationObject } from '../snapshot/links.ts';
import type { State } from '../snapshot/state.ts';
import type { VerifyKey } from '../snapshot/issuer-keys.ts';
import { verifyToken, type Token } from './verify.ts';

/** A verified token, and what was made for its calls. */
export interface Pass extends Identity {
  readonly token: Token;
  /** The installation as a subject that limits count. */
  readonly installation: Hash64;
  /** The key of its proofs, once one has come. */
  provenKey: VerifyKey | undefined;
  rights: Rights | undefined;
  /** By the key of the version. */
  readonly grants: Map<string, TokenGrant>;
}

/** What the token may do, full names, and from what that was computed. */
export interface Rights {
  readonly scopes: readonly string[];
  readonly installation: InstallationObject;
  readonly app: AppNode['object'];
}

/** A subscription's grant for the calls of one token. */
export interface TokenGrant extends Grant {
  readonly base: Grant;
  readonly rights: Rights;
  /** The scopes that the API had when this was made. */
  readonly defined: SnapshotOf<'api'>['scopes'];
  /** Local names: those of the version's API. */
  readonly scopes: ReadonlySet<string>;
}

export class Tokens {
  readonly #seed: Hash64;
  readonly #charactersMax: number;
  /** Two generations: what was used since the last turn is in the young one. Together they hold `charactersMax`. */
  #young = new Map<string, Pass>();
  #old = new Map<string, Pass>();
  #youngCharacters = 0;

  constructor(seed: Hash64, charactersMax: number) {
    this.#seed = seed;
    this.#charactersMax = charactersMax;
  }

  /** Verified texts that are held. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The pass that `text` is now; a reason where it is none. */
  verify(text: string, state: State, nowMs: number): Pass | 'invalid' | 'expired' {
    const known = this.#find(text);
    if (known === undefined) return this.#prove(text, state, nowMs);
    if (nowMs >= known.token.untilMs) {
      this.#young.delete(text);
      return 'expired';
    }
    // A key that was taken away, or given anew, verifies nothing of before.
    if (state.issuer(known.token.issuer)?.keys.get(known.token.kid) !== known.token.key) {
      this.#young.delete(text);
      return this.#prove(text, state, nowMs);
    }
    const client = clientOf(known.token, state);
    if (client === undefined) return 'invalid';
    known.app = client.app;
    known.environment = client.object.environment ?? 'live';
    return known;
  }

  #prove(text: string, state: State, nowMs: number): Pass | 'invalid' | 'expired' {
    const token = verifyToken(text, (iss) => state.issuer(iss), nowMs);
    if (typeof token === 'string') return token;
    const client = clientOf(token, state);
    if (client === undefined) return 'invalid';
    const fresh: Pass = {
      token,
      app: client.app,
      environment: client.object.environment ?? 'live',
      key: undefined,
      credential: undefined,
      subject: hash64(`client ${token.client}`, this.#seed),
      // Not by its id: an app that is installed anew counts on.
      installation: hash64(
        `${token.tenant} ${client.app.object?.tenant ?? ''}/${client.app.object?.slug ?? ''}`,
        this.#seed,
      ),
      provenKey: undefined,
      rights: undefined,
      grants: new Map(),
    };
    this.#remember(text, fresh);
    return fresh;
  }

  #find(text: string): Pass | undefined {
    const young = this.#young.get(text);
    if (young !== undefined) return young;
    const old = this.#old.get(text);
    if (old === undefined) return undefined;
    this.#old.delete(text);
    this.#remember(text, old);
    return old;
  }

  /** Only what verified gets here, so its text is the only one it has, and nobody can flush it with guesses. */
  #remember(text: string, pass: Pass): void {
    if (this.#youngCharacters + text.length > this.#charactersMax / 2) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngCharacters = 0;
    }
    this.#young.set(text, pass);
    this.#youngCharacters += text.length;
  }
}

/** The client that this token was issued to, while its app is active and nothing denies the token. */
function clientOf(token: Token, state: State): ClientNode | undefined {
  const client = state.client(token.client);
  if (client === undefined || client.app.object?.state !== 'active' || isDenied(token, state)) return undefined;
  const issuer = state.issuer(token.issuer)?.object;
  // A tenant's own issuer knows clients of that tenant only, whatever their ids.
  if (issuer?.issues_for !== null && issuer?.issues_for !== client.object.tenant) return undefined;
  return client;
}

function isDenied({ jti, grant, subject, issuedAt }: Token, state: State): boolean {
  if (!state.denies) return false;
  return (
    issuedAt < state.deniedBefore(`token:${jti}`) ||
    issuedAt < state.deniedBefore(`grant:${grant}`) ||
    issuedAt < state.deniedBefore(`user:${subject}`)
  );
}
