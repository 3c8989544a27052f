/**
 * Cookies of forwarded calls. Gateway and platform may share a host name, and cookies ignore the port (RFC 6265 §8.5). The
 * platform's cookies therefore never reach an upstream, and no upstream sets, replaces or clears one.
 */
import { isPlatformCookie } from '@tulou/contract/cookies';

/**
 * A quick test that nearly every `Cookie` and `Set-Cookie` fails. A field with escapes passes it, because escapes can encode
 * any name.
 */
const mayNamePlatform = (text: string): boolean => /tulou|%/i.test(text);

/**
 * Returns the pairs of a `Cookie` field without the platform's; undefined: none is left. Parsers differ in the separators of
 * pairs: old ones also accept a comma (RFC 2109 §4.3.4).
 */
export function withoutPlatformCookies(value: string): string | undefined {
  if (!mayNamePlatform(value)) return value;
  const pieces = value.split(/([;,])/);
  let kept = '';
  for (let index = 0; index < pieces.length; index += 2) {
    const piece = pieces[index] ?? '';
    if (isPlatformCookie(nameIn(piece))) continue;
    kept += kept === '' ? piece.replace(/^[ \t]+/, '') : `${pieces[index - 1] ?? ''}${piece}`;
  }
  return kept.trim() === '' ? undefined : kept;
}

/** A pair without a name is sent as its value alone, and the recipient then reads the value as a pair. */
const nameIn = (pair: string): string => pair.replace(/^[ \t="]+/, '').split('=', 1)[0] ?? '';

/** Checks `Set-Cookie` of upstreams. `platformHost`: the host name of the platform's pages. */
export function cookieKeeper(platformUrl: string): (value: string) => string | undefined {
  const platformHost = URL.parse(platformUrl)?.hostname.toLowerCase() ?? '';
  return (value) => {
    const [pair = '', ...attributes] = value.split(';');
    if (mayNamePlatform(pair) && isPlatformCookie(nameIn(pair))) return undefined;
    if (!attributes.some((attribute) => reaches(attribute, platformHost))) return value;
    // Without a domain, the cookie is sent only to the host name that sets it.
    return [pair, ...attributes.filter((attribute) => domainIn(attribute) === undefined)].join(';');
  };
}

/** RFC 6265bis §5.6.3: ignores surrounding spaces, case, and one leading dot. */
function domainIn(attribute: string): string | undefined {
  const [, domain] = /^[ \t]*domain[ \t]*=(.*)$/i.exec(attribute) ?? [];
  return domain
    ?.replaceAll(/[ \t"]/g, '')
    .replace(/^\.+/, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

/** Whether a cookie of this domain is sent to the platform (RFC 6265bis §5.1.3). */
function reaches(attribute: string, platformHost: string): boolean {
  const domain = domainIn(attribute);
  if (domain === undefined || domain === '') return false;
  return platformHost === domain || platformHost.endsWith(`.${domain}`);
}
