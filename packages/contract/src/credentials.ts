/**
 * The text form of the secrets that Tulou issues: `<prefix>_<id>_<secret>_<crc>`.
 * The prefix makes a leaked one recognisable. The id identifies it and contains its tenant, so that no global index is
 * needed. The CRC detects a typing error without a look-up. Only SHA-256(secret) is stored: the
 * secret has 256 bits of entropy, so a slow hash would add nothing.
 */

/** The kind in the prefix. `live` and `test` are API keys of an app; the others access the control API or join a node. */
export const credentialPrefixes = {
  live: 'tlk_live',
  test: 'tlk_test',
  member: 'tlt',
  operator: 'tlo',
  node: 'tln',
} as const;

export type CredentialKind = keyof typeof credentialPrefixes;

export interface Credential {
  readonly kind: CredentialKind;
  /** 33 base62 characters: the tenant's UUID (22) and 8 random bytes (11). Operator and node tokens carry UUID zero. */
  readonly id: string;
  /** 43 base62 characters, 256 bits. */
  readonly secret: string;
}

const shape = /^(tlk_live|tlk_test|tlt|tlo|tln)_([0-9A-Za-z]{33})_([0-9A-Za-z]{43})_([0-9A-Za-z]{6})$/;
const kinds = new Map<string, CredentialKind>(
  Object.entries(credentialPrefixes).map(([kind, prefix]) => [prefix, kind as CredentialKind]),
);
const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Parses a credential. Returns undefined if the text has another form or a wrong checksum. */
export function parseCredential(text: string): Credential | undefined {
  const match = shape.exec(text);
  if (match === null) return undefined;
  const [, prefix = '', id = '', secret = '', sum = ''] = match;
  const kind = kinds.get(prefix);
  if (kind === undefined || checksum(`${prefix}_${id}_${secret}`) !== sum) return undefined;
  return { kind, id, secret };
}

/** Builds the text of a credential from 8 random bytes for its id and 32 for its secret; both must come from a CSPRNG. */
export function formatCredential(
  kind: CredentialKind,
  tenantUuid: string,
  idBytes: Uint8Array,
  secretBytes: Uint8Array,
): string {
  return credentialWith(kind, credentialId(tenantUuid, idBytes), secretBytes);
}

/** The id of a credential of this tenant, from 8 random bytes. */
export function credentialId(tenantUuid: string, idBytes: Uint8Array): string {
  if (idBytes.length !== 8) throw new RangeError('the id of a credential takes 8 bytes');
  return encodeBase62(BigInt(`0x${tenantUuid.replaceAll('-', '')}`), 22) + encodeBase62(toBigInt(idBytes), 11);
}

/** The text of the credential with this id and these 32 bytes as its secret. */
export function credentialWith(kind: CredentialKind, id: string, secretBytes: Uint8Array): string {
  if (secretBytes.length !== 32) throw new RangeError('the secret of a credential takes 32 bytes');
  const body = `${credentialPrefixes[kind]}_${id}_${encodeBase62(toBigInt(secretBytes), 43)}`;
  return `${body}_${checksum(body)}`;
}

/** The UUID of the tenant that a credential's id names. This proves nothing: the secret must still be compared. */
export function tenantOfCredentialId(id: string): string {
  let bits = 0n;
  for (const character of id.slice(0, 22)) bits = bits * 62n + BigInt(base62.indexOf(character));
  const hex = bits.toString(16).padStart(32, '0').slice(-32);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function toBigInt(bytes: Uint8Array): bigint {
  let bits = 0n;
  for (const byte of bytes) bits = (bits << 8n) | BigInt(byte);
  return bits;
}

function encodeBase62(value: bigint, width: number): string {
  let text = '';
  let rest = value;
  for (let i = 0; i < width; i += 1) {
    text = base62.charAt(Number(rest % 62n)) + text;
    rest /= 62n;
  }
  return text;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k += 1) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

/** CRC-32 (IEEE 802.3) of ASCII text, in six base62 digits. */
function checksum(text: string): string {
  let crc = 0xffffffff;
  for (let i = 0; i < text.length; i += 1) crc = (crcTable[(crc ^ text.charCodeAt(i)) & 255] ?? 0) ^ (crc >>> 8);
  return encodeBase62(BigInt((crc ^ 0xffffffff) >>> 0), 6);
}
