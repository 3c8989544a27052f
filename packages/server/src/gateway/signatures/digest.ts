/** `Content-Digest` (RFC 9530): whether content is what its sender says. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { ContentWatch } from '../wire/exchange.ts';
import { readDictionary } from './structured.ts';

/** Strongest first. The others of the registry are too weak for this (RFC 9530 §6.6). */
const algorithms = [
  ['sha-512', 'sha512'],
  ['sha-256', 'sha256'],
] as const;

/** Holds the content against the strongest digest of the field; undefined: the field has none that counts. */
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
