/**
 * Public identifiers: a prefix that names the kind, then a UUID in Crockford base 32 (the TypeID encoding,
 * github.com/jetify-com/typeid/tree/main/spec): `app_01jd…`, 26 lower-case characters that sort by creation time.
 */

/** The prefix of each kind of object. A new noun starts here. */
export const idPrefixes = {
  tenant: 'ten',
  member: 'mem',
  token: 'tok',
  api: 'api',
  version: 'ver',
  plan: 'pln',
  app: 'app',
  key: 'key',
  subscription: 'sub',
  installation: 'ins',
  audit: 'aud',
  request: 'req',
  gateway: 'gwy',
  client: 'cli',
  user: 'usr',
  passkey: 'psk',
  invitation: 'inv',
  event: 'evt',
  approval: 'apr',
  connection: 'con',
  domain: 'dom',
  service: 'svc',
  revision: 'rev',
  release: 'rel',
  artifact: 'art',
  instance: 'isn',
  host: 'hst',
} as const;

export type IdKind = keyof typeof idPrefixes;
export type Id<K extends IdKind> = `${(typeof idPrefixes)[K]}_${string}`;

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
const uuidShape = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The id of `kind` for this UUID (lower case, with dashes). */
export function idFromUuid<K extends IdKind>(kind: K, uuid: string): Id<K> {
  if (!uuidShape.test(uuid)) throw new TypeError('not a lower-case UUID');
  let bits = BigInt(`0x${uuid.replaceAll('-', '')}`);
  let text = '';
  for (let i = 0; i < 26; i += 1) {
    text = alphabet.charAt(Number(bits & 31n)) + text;
    bits >>= 5n;
  }
  return `${idPrefixes[kind]}_${text}` as Id<K>;
}

/** The UUID inside an id of `kind`, or undefined if the text is not such an id. */
export function uuidFromId(kind: IdKind, id: string): string | undefined {
  if (!isId(kind, id)) return undefined;
  let bits = 0n;
  for (const character of id.slice(idPrefixes[kind].length + 1)) {
    bits = (bits << 5n) | BigInt(alphabet.indexOf(character));
  }
  const hex = bits.toString(16).padStart(32, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** Whether the text is a well-formed id of `kind`. The first digit is at most 7: 26 × 5 bits are two more than a UUID has. */
export function isId<K extends IdKind>(kind: K, text: string): text is Id<K> {
  return text.startsWith(`${idPrefixes[kind]}_`) && idBody.test(text.slice(idPrefixes[kind].length + 1));
}

const idBody = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;
