/**
 * Signs requests as a client does, correctly or not: for tests and benchmarks. It is written from the standard, not from our
 * reader.
 */
import { createHmac, generateKeyPairSync, hash, sign, type KeyObject } from 'node:crypto';
import { credentialId, credentialWith, parseCredential, type SnapshotOf } from '@tulou/contract';
import { signingSecret } from '../../kernel/fleet-key.ts';
import { sha256 } from '../../kernel/hash.ts';

/** The input of a signature: the credential id, and the signing function of its holder. */
export interface Signing {
  readonly object: { readonly key: string };
  readonly sign: (base: string) => Buffer;
}

/** A signing key, and its part that control publishes. */
export interface SampleKey extends Signing {
  readonly object: SnapshotOf<'key'>;
  /** Only for an HMAC key. */
  readonly text: string;
}

const developer = '018f0000-0000-7000-8000-000000000002';
const facts = {
  kind: 'key',
  tenant: 'ten_2',
  app: 'app_1',
  environment: 'live',
  expires_at: null,
  scopes: ['acme/orders:read', 'acme/orders:write'] as string[],
} as const;
const newId = (n: number): string => credentialId(developer, Uint8Array.of(0, 0, 0, 0, 0, 0, 1, n));

export function edwardsKey(n = 1, key: KeyObject = generateKeyPairSync('ed25519').privateKey): SampleKey {
  const { x = '' } = key.export({ format: 'jwk' });
  const object = { ...facts, key: newId(n), id: `key_${n}`, method: 'ed25519', hash: x } as const;
  return { object, sign: (base) => sign(null, Buffer.from(base, 'latin1'), key), text: '' };
}

export function hmacKey(fleetKey: Uint8Array, n = 2): SampleKey {
  const id = newId(n);
  const text = credentialWith('live', id, signingSecret(fleetKey, id));
  const secret = parseCredential(text)?.secret ?? '';
  return {
    object: { ...facts, key: id, id: `key_${n}`, method: 'hmac-sha256', hash: sha256(secret) },
    sign: (base) => createHmac('sha256', text).update(base, 'latin1').digest(),
    text,
  };
}

export interface Wish {
  readonly method?: string;
  readonly url: string;
  readonly content?: string;
  /** Component names, in the order of signing. */
  readonly covered?: readonly string[];
  /** Changes of the parameters; undefined removes a parameter. */
  readonly params?: Readonly<Record<string, string | number | undefined>>;
  readonly fields?: readonly (readonly [name: string, value: string])[];
}

export const digestOf = (content: string): string => `sha-256=:${hash('sha256', content, 'base64')}:`;

/** The fields of a signed request, as a flat list: its own, `content-digest` if it has content, and the two of the signature. */
export function signed(key: Signing, nowMs: number, wish: Wish): string[] {
  const { method = 'GET', content } = wish;
  const url = new URL(wish.url);
  const fields = [
    ...(wish.fields ?? []),
    ...(content === undefined ? [] : [['content-digest', digestOf(content)] as const]),
  ];
  const covered = wish.covered ?? ['@method', '@target-uri', ...(content === undefined ? [] : ['content-digest'])];
  const derived: Record<string, string> = {
    '@method': method,
    '@target-uri': url.href,
    '@authority': url.host,
    '@scheme': url.protocol.slice(0, -1),
    '@request-target': url.pathname + url.search,
    '@path': url.pathname,
    '@query': url.search === '' ? '?' : url.search,
  };
  const created = Math.floor(nowMs / 1000);
  const params = { created, nonce: 'nonce-1', keyid: key.object.key, ...wish.params };
  const list = covered.map((name) => `"${name}"`).join(' ');
  const tail = Object.entries(params).flatMap(([name, value]) =>
    value === undefined ? [] : [`;${name}=${typeof value === 'number' ? value : `"${value}"`}`],
  );
  const input = `(${list})${tail.join('')}`;
  const valueOf = (name: string): string =>
    derived[name] ??
    fields
      .filter(([field]) => field === name)
      .map(([, value]) => value)
      .join(', ');
  const base = [...covered.map((name) => `"${name}": ${valueOf(name)}`), `"@signature-params": ${input}`].join('\n');
  const signature = `sig=:${key.sign(base).toString('base64')}:`;
  return [...fields.flat(), 'signature-input', `sig=${input}`, 'signature', signature];
}
