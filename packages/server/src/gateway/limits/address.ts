/**
 * The unit that counts as one address: an IPv4 address, or the /64 of an IPv6 address. One subscriber line gets a whole /64
 * and can call from every address in it (RFC 6177 §2).
 */
export function addressSubject(address: string): string {
  if (!address.includes(':')) return address;
  const [head = '', tail] = (address.split('%')[0] ?? '').split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined
      ? front
      : [...front, ...Array<string>(8 - groupCount(front) - groupCount(back)).fill('0'), ...back];
  return groups
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':');
}

/** A dotted quad at the end takes the place of two groups. */
const groupCount = (groups: readonly string[]): number =>
  groups.reduce((count, group) => count + (group.includes('.') ? 2 : 1), 0);
