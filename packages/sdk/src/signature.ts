/** Requests that an app signs with its key (RFC 9421) instead of sending it. */
import type { CryptoKey } from 'jose';
import { base64 } from './proof.ts';
import { defaultSystem, type System } from './system.ts';

/** A key of kind `hmac-sha256`, as it was shown; or the private half of one of kind `ed25519`, with its `credential_id`. */
export type SigningKey = { readonly key: string } | { readonly keyId: string; readonly privateKey: CryptoKey };

export interface SignOptions {
  /** For how long the signature may be used, at most 300. */
  readonly lifeSeconds?: number;
  readonly system?: Partial<Pick<System, 'now' | 'unique'>>;
}

const lifeSecondsDefault = 60;

/**
 * The same request with its signature, for one use. It covers the method, the address with its query, and, by a
 * `Content-Digest` (RFC 9530), the content, which is read whole.
 */
export async function signRequest(request: Request, key: SigningKey, options: SignOptions = {}): Promise<Request> {
  const { now, unique } = { ...defaultSystem, ...options.system };
  const { keyId, sign } = await signerOf(key);
  const content = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
  const headers = new Headers(request.headers);
  const lines = [`"@method": ${request.method}`, `"@target-uri": ${request.url.replace(/#.*$/s, '')}`];
  if (content !== undefined) {
    const digest = `sha-256=:${base64(new Uint8Array(await crypto.subtle.digest('SHA-256', content)))}:`;
    headers.set('content-digest', digest);
    lines.push(`"content-digest": ${digest}`);
  }
  const covered = lines.map((line) => line.slice(0, line.indexOf(':'))).join(' ');
  const created = Math.floor(now() / 1000);
  const expires = created + (options.lifeSeconds ?? lifeSecondsDefault);
  const input = `(${covered});created=${created};expires=${expires};nonce="${unique()}";keyid="${keyId}"`;
  const base = [...lines, `"@signature-params": ${input}`].join('\n');
  headers.set('signature-input', `tulou=${input}`);
  headers.set('signature', `tulou=:${base64(await sign(new TextEncoder().encode(base)))}:`);
  return new Request(request, { headers, ...(content === undefined ? {} : { body: content }) });
}

/** `fetch` that signs each request. */
export function signingFetch(
  key: SigningKey,
  options: SignOptions & { readonly system?: Partial<System> } = {},
): typeof fetch {
  const { fetch } = { ...defaultSystem, ...options.system };
  return async (input, init) => fetch(await signRequest(new Request(input, init), key, options));
}

interface Signer {
  readonly keyId: string;
  readonly sign: (bytes: Uint8Array<ArrayBuffer>) => Promise<Uint8Array>;
}

/** `tlk_<environment>_<credential id>_<secret>_<checksum>`; the whole text is the secret of the HMAC. */
const keyShape = /^tlk_(?:live|test)_([0-9A-Za-z]{33})_[0-9A-Za-z]{43}_[0-9A-Za-z]{6}$/;

async function signerOf(key: SigningKey): Promise<Signer> {
  if ('privateKey' in key) {
    const { keyId, privateKey } = key;
    return { keyId, sign: async (bytes) => new Uint8Array(await crypto.subtle.sign('Ed25519', privateKey, bytes)) };
  }
  const keyId = keyShape.exec(key.key)?.[1];
  if (keyId === undefined) throw new TypeError('this is no key of Tulou');
  const secret = new TextEncoder().encode(key.key);
  const hmac = await crypto.subtle.importKey('raw', secret, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return { keyId, sign: async (bytes) => new Uint8Array(await crypto.subtle.sign('HMAC', hmac, bytes)) };
}
