/** JWTs in their compact form (RFC 7515 §7.1). The reader accepts exactly one spelling of a signed content. */

export interface Compact {
  readonly head: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The text that the signature covers. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** Far longer than a token with a hundred scopes. A longer text is not parsed. */
const charactersMax = 8192;

/**
 * Splits a JWT; undefined: the text is not a JWT. It has three parts, each the only canonical base64url text of its bytes.
 * Padding, spare bits, spaces or other alphabets would give a denied or used token a second text that still verifies.
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
 * The `iss` that a text names, in any spelling; undefined: none. It only identifies the system of a text and is never
 * trusted: a token of ours that a strict reader rejects must not reach an upstream that reads leniently.
 */
export function issuerNamedIn(text: string): string | undefined {
  const [, body = ''] = text.split('.', 2);
  const iss = parseObject(Buffer.from(body, 'base64url'))?.['iss'];
  return typeof iss === 'string' ? iss : undefined;
}

/** The bytes of one part; undefined if it is empty or not their canonical text. */
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
