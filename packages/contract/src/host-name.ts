/**
 * Host names that a tenant may give: to an API, to its issuer, as a mail domain. A name is parsed by the parser that will
 * use it (WHATWG URL) and compared after that, because that parser reads some names as addresses and ignores others.
 */
import { limits } from './limits.ts';

/** Names that are reserved for special use, and so belong to no tenant (RFC 6761, 6762, 7686, 9476; ICANN `.internal`). */
const reserved = ['localhost', 'localdomain', 'local', 'internal', 'invalid', 'example', 'arpa', 'onion', 'alt'];

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** WHATWG URL: a name whose last label is a number is an IPv4 address, or no host at all. */
const numeric = /^(?:\d+|0x[0-9a-f]*)$/;

/** Why the text is no host name that a tenant may give; undefined: it is one. Expects lower case. */
export function hostNameFault(text: string): string | undefined {
  if (text.length > limits.hostCharactersMax) return `at most ${limits.hostCharactersMax} characters`;
  const labels = text.split('.');
  const last = labels.at(-1) ?? '';
  if (labels.length < 2 || !labels.every((one) => label.test(one)))
    return 'a DNS name such as `orders.example.com`, in ASCII (IDNA), without scheme, port and final dot';
  if (numeric.test(last) || !/[a-z]/.test(text)) return 'the last label must not be a number';
  if (reserved.includes(last)) return `names under \`.${last}\` are reserved`;
  const url = URL.parse(`http://${text}/`);
  return url?.hostname === text && url.host === text ? undefined : 'not a valid host name';
}

/** Whether `name` is `parent` or lies below it. Both are lower case. */
export const isWithin = (name: string, parent: string): boolean => name === parent || name.endsWith(`.${parent}`);
