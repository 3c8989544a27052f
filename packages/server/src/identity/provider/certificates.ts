/** TLS certificates of clients (RFC 8705), as a proxy whose word is taken has seen them. */
import { X509Certificate } from 'node:crypto';
import type { KoaContextWithOIDC } from 'oidc-provider';
import { clientOf } from '../../http/trusted-proxies.ts';

/** The certificate that came with the request; undefined where none did, or what came is none. */
export function certificateOf({ req }: KoaContextWithOIDC): X509Certificate | undefined {
  const { certificate } = clientOf(req);
  if (certificate === undefined) return undefined;
  try {
    return new X509Certificate(certificate);
  } catch {
    return undefined;
  }
}

/** Whether the certificate has this subject alternative name. Its wildcards match nothing. */
export function isNamed(ctx: KoaContextWithOIDC, property: string, expected: string): boolean {
  const label = { tls_client_auth_san_dns: 'DNS', tls_client_auth_san_uri: 'URI' }[property];
  const names = label === undefined ? [] : namesIn(certificateOf(ctx)?.subjectAltName ?? '', label);
  return names.some((name) => (label === 'DNS' ? name.toLowerCase() === expected : name === expected));
}

/** One `label:value`; a value that could be mistaken for the end of it is in quotes (CVE-2021-44532). */
const alternative = /([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/y;

/** The names of one kind in the text that OpenSSL makes of the extension. Pure; exported for its test. */
export function namesIn(text: string, label: string): readonly string[] {
  const names: string[] = [];
  alternative.lastIndex = 0;
  while (alternative.lastIndex < text.length) {
    const found = alternative.exec(text);
    // A text that can't be read counts as an empty list of names.
    if (found === null) return [];
    const [, kind, value = ''] = found;
    if (kind === label) names.push(value.startsWith('"') ? String(JSON.parse(value)) : value);
  }
  return names;
}
