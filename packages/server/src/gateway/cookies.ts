/**
 * Cookies on their way through. Gateway and platform may share a host name, and cookies know no port (RFC 6265 §8.5): the
 * platform's cookies never reach an upstream, and no upstream sets, replaces or clears one.
 */
import { isPlatformCookie } from '@tulou/contract/cookies';

/** What nearly every `Cookie` and `Set-Cookie` answers with no. Escapes may spell anything. */
const mayNamePlatform = (text: string): boolean => /tulou|%/i.test(text);

/**
 * The pairs of a `Cookie` field without the platform's; undefined: none is left. Parsers differ in what separates pairs: old
 * ones take a comma too (RFC 2109 §4.3.4).
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

/** A pair without a name is sent by its value alone, which the other side then reads as a pair. */
const nameIn = (pair: string): string => pair.replace(/^[ \t="]+/, '').split('=', 1)[0] ?? '';

/** Judges `Set-Cookie` of upstreams. `platformHost`: the host name of the platform's pages. */
export function cookieKeeper(platformUrl: string): (value: string) => string | undefined {
  const platformHost = URL.parse(platformUrl)?.hostname.toLowerCase() ?? '';
  return (value) => {
    const [pair = '', ...attributes] = value.split(';');
    if (mayNamePlatform(pair) && isPlatformCookie(nameIn(pair))) return undefined;
    if (!attributes.some((attribute) => reaches(attribute, platformHost))) return value;
    // The cookie stays with the host name that sets it.
    return [pair, ...attributes.filter((attribute) => domainIn(attribute) === undefined)].join(';');
  };
}

/** RFC 6265bis §5.6.3: spaces around, any case, one dot in front passed over. */
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
