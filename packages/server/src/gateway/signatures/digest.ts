/** `Content-Digest` (RFC 9530): checks whether content matches the digest of its sender. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ContentWatch } from '../wire/exchange.ts';
import { readDictionary } from './structured.ts';

/** Strongest first. The other algorithms of the registry are too weak for this use (RFC 9530 §6.6). */
const algorithms = [
  ['sha-512', 'sha512'],
  ['sha-256', 'sha256'],
] as const;

/** Checks the content against the strongest digest of the field; undefined: the field has no supported digest. */
export function digestWatch(field: string | undefined): ContentWatch | undefined {
  const digests = field === undefined ? undefined : readDictionary(field);
  for (const [name, algorithm] of algorithms) {
    const member = digests?.get(name);
    if (member !== undefined && 'item' in member && Buffer.isBuffer(member.item)) return watch(algorithm, member.item);
  }
  return undefined;
}

function watch(algorithm: string, expected: Buffer): ContentWatch {
  const running = createHash(algorithm);
  return {
    take: (bytes, from, to) => void running.update(bytes.subarray(from, to)),
    isGood: () => {
      const found = running.digest();
      return found.length === expected.length && timingSafeEqual(found, expected);
    },
  };
}
