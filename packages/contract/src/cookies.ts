/**
 * The cookies of the platform. Cookies know no port: where gateway and platform share a host name, a browser sends them with
 * calls too. The identity server names all its cookies with this prefix; the gateway removes them both ways.
 */
export const platformCookiePrefix = 'tulou_';

/** Prefixes that browsers enforce (RFC 6265bis §4.1.3). They compare them without case. */
const enforced = /^__(?:host-http|host|secure|http)-/;

/**
 * Whether a cookie of this name is the platform's, in any spelling that a browser or a parser of cookies may take for it: case,
 * surrounding quotes, spaces and signs of equality, percent-encoding, and what PHP turns into `_`.
 */
export function isPlatformCookie(name: string): boolean {
  let plain = unescaped(name)
    .replaceAll(/[^!-~]/g, '')
    .replaceAll(/^["'=$]+/g, '')
    .toLowerCase();
  for (let rest = plain.replace(enforced, ''); rest !== plain; rest = plain.replace(enforced, '')) plain = rest;
  return plain.replaceAll(/[-.[]/g, '_').startsWith(platformCookiePrefix);
}

const unescaped = (text: string): string =>
  text.replaceAll(/%([0-7][0-9a-f])/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
