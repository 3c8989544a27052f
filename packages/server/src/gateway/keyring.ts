/**
 * Which key a text is. A verified text is remembered by the thread, so that the next call costs one look-up and one atomic
 * load; whatever changes about the key changes its generation in the shared table, and the memory of it is void.
 */
import { hash, timingSafeEqual } from 'node:crypto';
import { parseCredential } from '@tulou/contract/credentials';
import { hash64, type Hash64 } from './limits/hash.ts';
import type { KeyTable } from './snapshot/key-table.ts';
import type { AppNode } from './snapshot/links.ts';
import type { State } from './snapshot/state.ts';
import { interned, type Interned } from './usage/record.ts';

/** A verified key, shown or signing, or the client of a verified token. */
export interface Identity {
  app: AppNode;
  /** The key's public id, in the spool; undefined: a client. */
  readonly key: Interned | undefined;
  /** The key or client as a subject that limits count. */
  readonly subject: Hash64;
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

  /** The key that `text` is; undefined: none that is valid now, or one that signs and must not be shown. */
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
    const { slot, generation, expiresAtMs, id } = record;
    const subject = hash64(id, this.#seed);
    const known = { app, key: interned(id), subject, table: state.keys, slot, generation, expiresAtMs };
    this.#remember(text, known);
    return known;
  }

  /** Full: the one remembered longest goes. Only verified keys get here, so nobody can flush it with guesses. */
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
