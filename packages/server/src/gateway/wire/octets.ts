/** The octets that are allowed in each place: the grammar of RFC 9110 §5.6.2, §5.5 and RFC 3986, as tables over one octet. */

function table(accepts: (octet: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, octet) => accepts(octet));
}

function among(characters: string): (octet: number) => boolean {
  return (octet) => characters.includes(String.fromCharCode(octet));
}

const isDigit = (octet: number): boolean => octet >= 0x30 && octet <= 0x39;
const isUpper = (octet: number): boolean => octet >= 0x41 && octet <= 0x5a;
const isLower = (octet: number): boolean => octet >= 0x61 && octet <= 0x7a;
const isAlphanumeric = (octet: number): boolean => isDigit(octet) || isUpper(octet) || isLower(octet);
const isTokenMark = among("!#$%&'*+-.^_`|~");
const isPathMark = among("-._~!$&'()*+,;=:@/%");
/**
 * The characters that RFC 3986 allows in a query, and those that browsers send there unescaped (WHATWG URL). They have no
 * part in framing.
 */
const isQueryMark = among("-._~!$&'()*+,;=:@/%?[]{}|^`\\");

export const CR = 0x0d;
export const LF = 0x0a;
export const SP = 0x20;
export const HTAB = 0x09;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const QUOTE = 0x22;
export const BACKSLASH = 0x5c;

/** The lower-case octet of a token's character (RFC 9110 §5.6.2); 0: not a token's character. */
export const tokenLower = table((octet) => {
  if (isUpper(octet)) return octet + 0x20;
  return isAlphanumeric(octet) || isTokenMark(octet) ? octet : 0;
});

/** 1: allowed in a field's value (RFC 9110 §5.5): visible, obs-text, space, tab. */
export const valueOctet = table((octet) => (octet === HTAB || (octet >= SP && octet !== 0x7f) ? 1 : 0));

/** 1: allowed in a path (RFC 3986 §3.3). */
export const pathOctet = table((octet) => (isAlphanumeric(octet) || isPathMark(octet) ? 1 : 0));

/** 1: allowed in a query. */
export const queryOctet = table((octet) => (isAlphanumeric(octet) || isQueryMark(octet) ? 1 : 0));

/** The value of a hexadecimal digit; 255: not one. */
export const hexValue = table((octet) => {
  if (isDigit(octet)) return octet - 0x30;
  const lower = octet | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : 255;
});

/**
 * Only decimal digits, no sign, no space, at most 2^53 - 1 (RFC 9112 §6.3 no. 5: any other value is unrecoverable); -1:
 * invalid.
 */
export function decimal(text: string): number {
  if (text.length === 0 || text.length > 16) return -1;
  let value = 0;
  for (let index = 0; index < text.length; index += 1) {
    const digit = text.charCodeAt(index) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= Number.MAX_SAFE_INTEGER ? value : -1;
}
