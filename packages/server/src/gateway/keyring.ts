/**
 * Finds the key of a text. The thread remembers a verified text, so the next call costs one look-up and one atomic load.
 * Every change of the key changes its generation in the shared table, which invalidates the remembered text.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import type { Environment } from '@tulou/contract';
import { parseCredential } from '@tulou/contract/credentials';
import { hash64, type Hash64 } from './limits/hash.ts';
import type { KeyTable } from './snapshot/key-table.ts';
import type { AppNode } from './snapshot/links.ts';
import type { State } from './snapshot/state.ts';
import { interned, type Interned } from './usage/record.ts';

/** A verified key, shown or signing, or the client of a verified token. */
export interface Identity {
  app: AppNode;
  /** The public id of the key for the spool; undefined: a client. */
  readonly key: Interned | undefined;
  /** The key or client as a subject of limits. */
  readonly subject: Hash64;
  /** The environment of the key or client. It decides about upstreams, limits and usage. */
  environment: Environment;
  /** Id of the key's credential, by which its scopes are found. */
  readonly credential: string | undefined;
}

interface Remembered extends Identity {
  readonly table: KeyTable;
  readonly slot: number;
  readonly generation: number;
  readonly expiresAtMs: number;
}

export class Keyring {
  readonly #remembered = new Map<string, Remembered>();
  readonly #rememberedMax: number;
  readonly #seed: Hash64;

  constructor(seed: Hash64, rememberedMax: number) {
    this.#seed = seed;
    this.#rememberedMax = rememberedMax;
  }

  /** The key with this text. Undefined: no key that is valid now, or a signing key, which must not be shown. */
  verify(text: string, state: State, nowMs: number): Identity | undefined {
    const known = this.#remembered.get(text);
    if (known === undefined) return this.#prove(text, state, nowMs);
    if (
      known.table === state.keys &&
      known.table.unchanged(known.slot, known.generation) &&
      known.app.object !== undefined
    ) {
      return nowMs < known.expiresAtMs ? known : undefined;
    }
    this.#remembered.delete(text);
    return this.#prove(text, state, nowMs);
  }

  #prove(text: string, state: State, nowMs: number): Identity | undefined {
    const credential = parseCredential(text);
    if (credential?.kind !== 'live' && credential?.kind !== 'test') return undefined;
    const record = state.keys.find(credential.id);
    if (record === undefined || record.environment !== credential.kind || record.kind !== 'bearer') return undefined;
    if (!timingSafeEqual(hash('sha256', credential.secret, 'buffer'), record.hash)) return undefined;
    const app = state.appByIndex(record.app);
    if (app?.object === undefined || nowMs >= record.expiresAtMs) return undefined;
    const { slot, generation, expiresAtMs, id, environment } = record;
    const subject = hash64(id, this.#seed);
    const identity = { app, key: interned(id), subject, environment, credential: credential.id };
    const known = { ...identity, table: state.keys, slot, generation, expiresAtMs };
    this.#remember(text, known);
    return known;
  }

  /** If the memory is full, the oldest entry is dropped. Only verified keys get here, so guesses cannot flush it. */
  #remember(text: string, known: Remembered): void {
    if (this.#remembered.size >= this.#rememberedMax) {
      for (const oldest of this.#remembered.keys()) {
        this.#remembered.delete(oldest);
        break;
      }
    }
    this.#remembered.set(text, known);
  }
}
