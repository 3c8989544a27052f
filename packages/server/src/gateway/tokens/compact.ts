/** JWTs in their compact form (RFC 7515 §7.1), read so that one signed content has exactly one spelling. */

export interface Compact {
  readonly head: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** What the signature is over. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Far beyond a token with a hundred scopes; what is longer is not even taken apart. */
const charactersMax = 8192;

/**
 * Takes a JWT apart; undefined: it is none. Three parts, each the one canonical base64url text of its bytes: padding, spare
 * bits, spaces or the other alphabet would give a denied or burned token a second text under which it still verifies.
 */
export function readCompact(text: string): Compact | undefined {
  if (text.length > charactersMax) return undefined;
  const headEnd = text.indexOf('.');
  const bodyEnd = text.indexOf('.', headEnd + 1);
  if (headEnd === -1 || bodyEnd === -1) return undefined;
  const head = parseObject(decodePart(text.slice(0, headEnd)));
  const claims = head === undefined ? undefined : parseObject(decodePart(text.slice(headEnd + 1, bodyEnd)));
  const signature = decodePart(text.slice(bodyEnd + 1));
  if (head === undefined || claims === undefined || signature === undefined) return undefined;
  return { head, claims, signed: Buffer.from(text.slice(0, bodyEnd), 'latin1'), signature };
}

/**
 * The `iss` that a text names, however badly it is spelled; undefined: none. Only to tell whose a text is, never to trust it:
 * a token of ours that no strict reader takes must still not reach an upstream that reads leniently.
 */
export function issuerNamedIn(text: string): string | undefined {
  const [, body = ''] = text.split('.', 2);
  const iss = parseObject(Buffer.from(body, 'base64url'))?.['iss'];
  return typeof iss === 'string' ? iss : undefined;
}

/** The bytes of one part; undefined where it is empty, or not their one canonical text. */
export function decodePart(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url');
  return bytes.length > 0 && bytes.toString('base64url') === part ? bytes : undefined;
}

function parseObject(bytes: Buffer | undefined): Record<string, unknown> | undefined {
  if (bytes === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
