/**
 * The signing keys, by credential id. The thread remembers what it derives from a key (a key object, a secret). The
 * generation of the key in the shared table says whether that is still valid, as for shown keys.
 */
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import { credentialWith, parseCredential, type KeyKind } from '@tulou/contract';
import { signingSecret } from '../../kernel/fleet-key.ts';
import { sha256 } from '../../kernel/hash.ts';
import type { Identity } from '../keyring.ts';
import { hash64, type Hash64 } from '../limits/hash.ts';
import type { KeyRecord, KeyTable } from '../snapshot/key-table.ts';
import type { State } from '../snapshot/state.ts';
import { interned } from '../usage/record.ts';

type Check = (base: Buffer, signature: Buffer) => boolean;

/** A key in force, and the identity of the calls that it signs. */
export interface Signer extends Identity {
  readonly kind: Exclude<KeyKind, 'bearer'>;
  readonly isSigned: Check;
}

interface Remembered extends Signer {
  readonly table: KeyTable;
  readonly slot: number;
  readonly generation: number;
  readonly expiresAtMs: number;
}

export class Signers {
  readonly #remembered = new Map<string, Remembered>();
  readonly #rememberedMax: number;
  readonly #seed: Hash64;

  constructor(seed: Hash64, rememberedMax: number) {
    this.#seed = seed;
    this.#rememberedMax = rememberedMax;
  }

  /** The signing key with this credential id; undefined: none that is in force now. */
  find(id: string, state: State, fleetKey: Uint8Array | undefined, nowMs: number): Signer | undefined {
    let known = this.#remembered.get(id);
    if (known === undefined || !stands(known, state)) {
      known = this.#make(id, state, fleetKey);
      this.#remember(id, known);
    }
    return known !== undefined && nowMs < known.expiresAtMs && known.app.object?.state === 'active' ? known : undefined;
  }

  #make(id: string, state: State, fleetKey: Uint8Array | undefined): Remembered | undefined {
    const record = state.keys.find(id);
    const app = record === undefined ? undefined : state.appByIndex(record.app);
    if (record === undefined || app?.object === undefined || record.kind === 'bearer') return undefined;
    const isSigned = record.kind === 'ed25519' ? publicKey(record) : secretKey(id, record, fleetKey);
    if (isSigned === undefined) return undefined;
    const { slot, generation, expiresAtMs, kind, environment } = record;
    const subject = hash64(record.id, this.#seed);
    const identity = { app, key: interned(record.id), subject, environment, credential: id };
    return { ...identity, kind, isSigned, table: state.keys, slot, generation, expiresAtMs };
  }

  /** Unknown ids are not remembered: any client could send them. */
  #remember(id: string, known: Remembered | undefined): void {
    this.#remembered.delete(id);
    if (known === undefined) return;
    if (this.#remembered.size >= this.#rememberedMax) this.#remembered.clear();
    this.#remembered.set(id, known);
  }
}

const stands = ({ table, slot, generation, app }: Remembered, state: State): boolean =>
  table === state.keys && table.unchanged(slot, generation) && app.object !== undefined;

/** RFC 9421 §3.3.6. */
function publicKey({ hash }: KeyRecord): Check {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: hash.toString('base64url') };
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  return (base, signature) => verify(null, base, key, signature);
}

/** RFC 9421 §3.3.3. Undefined: this gateway has no fleet key, or the secret was derived from another one. */
function secretKey(id: string, record: KeyRecord, fleetKey: Uint8Array | undefined): Check | undefined {
  if (fleetKey === undefined) return undefined;
  const text = credentialWith(record.environment, id, signingSecret(fleetKey, id));
  if (sha256(parseCredential(text)?.secret ?? '') !== record.hash.toString('base64url')) return undefined;
  return (base, signature) => {
    const expected = createHmac('sha256', text).update(base).digest();
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  };
}
