/** Signatures from Wycheproof: those that must verify, and those that some library once accepted. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodePart } from '../../../src/gateway/tokens/compact.ts';
import { importKey, importKeys, isSigned, type VerifyKey } from '../../../src/gateway/snapshot/issuer-keys.ts';
import vectors from './wycheproof.json' with { type: 'json' };

type Jwk = Readonly<Record<string, unknown>>;
interface Group {
  readonly name: string;
  /** One key, or a set that is looked up by `kid`. */
  readonly key?: Jwk;
  readonly keys?: Jwk[];
  readonly tests: readonly {
    readonly id: number;
    readonly what: string;
    readonly jws: string;
    readonly valid: boolean;
  }[];
}

/** Vectors on which we differ, and why. */
const differing: Readonly<Record<string, { readonly verifies: boolean; readonly why: string }>> = {
  emptyPayload: { verifies: false, why: 'a token always has claims: a part that is empty is none' },
  rejectsKeyWithRocaVulnerability: {
    verifies: true,
    why: 'RSA keys come from our own issuers only, and none of them has one; proofs take no RSA',
  },
  Figure20: { verifies: false, why: 'the key says PS256 and the vector PS384: the algorithm is the key’s' },
};

const facts = { kind: 'issuer', key: 'https://issuer.test', tenant: 'ten_0', issues_for: null } as const;

function keyFor({ key, keys }: Group, kid: unknown): VerifyKey | undefined {
  try {
    if (key !== undefined) return importKey(key);
    return importKeys({ ...facts, algorithms: [], keys: keys ?? [] }).get(String(kid));
  } catch (error) {
    assert.ok(error instanceof Error);
    return undefined;
  }
}

function verifies(group: Group, jws: string): boolean {
  const parts = jws.split('.');
  const [head, body, signature] = parts.map(decodePart);
  if (parts.length !== 3 || head === undefined || body === undefined || signature === undefined) return false;
  const { alg, kid } = JSON.parse(head.toString()) as Jwk;
  const key = keyFor(group, kid);
  const algorithm = key?.algorithms.find((one) => one === alg);
  const signed = Buffer.from(jws.slice(0, jws.lastIndexOf('.')));
  return key !== undefined && algorithm !== undefined && isSigned(algorithm, key, signed, signature);
}

describe('Wycheproof', () => {
  const groups: readonly Group[] = vectors.groups;
  for (const group of groups) {
    for (const { id, what, jws, valid } of group.tests) {
      const other = differing[what];
      const expected = other?.verifies ?? valid;
      it(`${group.name} ${id}: ${what} ${expected ? 'verifies' : 'is refused'}${other === undefined ? '' : `, as ${other.why}`}`, () => {
        assert.equal(verifies(group, jws), expected);
      });
    }
  }
});
