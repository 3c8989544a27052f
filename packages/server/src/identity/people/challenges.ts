/**
 * Challenges for passkeys: made with no row, so that visitors fill no table, and good once, for one purpose, in the browser
 * that the page was made for, for ten minutes.
 */
import { createHmac } from 'node:crypto';
import type { Clock } from '../../kernel/clock.ts';
import { equalHashes } from '../../kernel/hash.ts';
import type { Random } from '../../kernel/random.ts';
import type { Store } from '../../store/store.ts';
import { insertOnce } from '../artifacts/rows.ts';
import type { IssuerRef } from '../keys/keys.ts';
import { ofIssuer } from '../scopes.ts';

export interface Challenges {
  /** `purpose`: what it is for and where; base64url. */
  make(purpose: string): string;
  /** Whether it was made for this, and is not too old. */
  knows(challenge: string, purpose: string): boolean;
  /** Uses it up: true for one of all that try, on all nodes. */
  burn(issuer: IssuerRef, challenge: string): Promise<boolean>;
}

const lifeSeconds = 600;
const nonceBytes = 16;
const timeBytes = 6;
const macBytes = 32;

export interface ChallengeDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
}

export function openChallenges(key: Uint8Array, { store, clock, random }: ChallengeDeps): Challenges {
  const mac = (head: Uint8Array, purpose: string): Buffer =>
    createHmac('sha256', key).update(head).update(purpose).digest();
  return {
    make(purpose) {
      const time = Buffer.alloc(timeBytes);
      time.writeUIntBE(Math.floor(clock.now() / 1000), 0, timeBytes);
      const head = Buffer.concat([random.bytes(nonceBytes), time]);
      return Buffer.concat([head, mac(head, purpose)]).toString('base64url');
    },
    knows(challenge, purpose) {
      const bytes = Buffer.from(challenge, 'base64url');
      if (bytes.length !== nonceBytes + timeBytes + macBytes) return false;
      const head = bytes.subarray(0, nonceBytes + timeBytes);
      const given = bytes.subarray(head.length).toString('base64url');
      const age = clock.now() / 1000 - head.readUIntBE(nonceBytes, timeBytes);
      // Another node's clock may be a little ahead.
      return equalHashes(given, mac(head, purpose).toString('base64url')) && age > -60 && age < lifeSeconds;
    },
    burn({ tenantUuid }, challenge) {
      const now = clock.now();
      const place = { tenantUuid, kind: 'Challenge', id: challenge };
      return ofIssuer(store, place, (tx) =>
        insertOnce(tx, place, new Date(now), new Date(now + 2 * lifeSeconds * 1000)),
      );
    },
  };
}
