/**
 * Finds the caller of a token. The thread remembers a verified text, so the next call costs only look-ups. Everything that
 * may change meanwhile (keys, client, app, denials, time) is checked against the current configuration on every call.
 */
import type { SnapshotOf } from '@tulou/contract';
import type { Identity } from '../keyring.ts';
import type { Grant } from '../grant.ts';
import { hash64, type Hash64 } from '../limits/hash.ts';
import type { AppNode, ClientNode, InstallationObject } from '../snapshot/links.ts';
import type { State } from '../snapshot/state.ts';
import type { VerifyKey } from '../snapshot/issuer-keys.ts';
import { verifyToken, type Token } from './verify.ts';

/** A verified token, and the objects made for its calls. */
export interface Pass extends Identity {
  readonly token: Token;
  /** The installation as a subject that limits count. */
  readonly installation: Hash64;
  /** The key of its proofs, after the first proof. */
  provenKey: VerifyKey | undefined;
  rights: Rights | undefined;
  /** By the key of the version. */
  readonly grants: Map<string, TokenGrant>;
}

/** The rights of the token as full names, and the objects that they were computed from. */
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
  /** Two generations: entries used since the last turn are in the young one. Together they hold `charactersMax`. */
  #young = new Map<string, Pass>();
  #old = new Map<string, Pass>();
  #youngCharacters = 0;

  constructor(seed: Hash64, charactersMax: number) {
    this.#seed = seed;
    this.#charactersMax = charactersMax;
  }

  /** The number of remembered texts. */
  get size(): number {
    return this.#young.size + this.#old.size;
  }

  /** The current pass of `text`; a reason if it has none. */
  verify(text: string, state: State, nowMs: number): Pass | 'invalid' | 'expired' {
    const known = this.#find(text);
    if (known === undefined) return this.#prove(text, state, nowMs);
    if (nowMs >= known.token.untilMs) {
      this.#young.delete(text);
      return 'expired';
    }
    // A key that was removed or replaced no longer verifies earlier tokens.
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
      // Not by its id, so that a reinstalled app continues with the same counters.
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

  /** Only verified tokens get here. Each has one text only, so guesses cannot flush the memory. */
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

/** The client of this token, while its app is active and no denial applies to the token. */
function clientOf(token: Token, state: State): ClientNode | undefined {
  const client = state.client(token.client);
  if (client === undefined || client.app.object?.state !== 'active' || isDenied(token, state)) return undefined;
  const issuer = state.issuer(token.issuer)?.object;
  // A tenant's own issuer knows only clients of that tenant, whatever their ids are.
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
