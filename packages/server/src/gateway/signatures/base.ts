/** The content of a signature (RFC 9421 §2): lines made of the request as the client sent it, at its public address. */
import type { RequestHead } from '../wire/exchange.ts';
import type { InnerList } from './structured.ts';

/** A request, and the public address that it was sent to. */
export interface Signed {
  readonly head: RequestHead;
  /** Scheme and authority as the client sees them, never from a `Host` field alone. */
  readonly origin: string;
}

/** Derived components (RFC 9421 §2.2). `@status` belongs to answers, `@query-param` needs a parameter. */
const derived: Readonly<Record<string, (signed: Signed) => string>> = {
  '@method': ({ head }) => head.method,
  '@target-uri': ({ head, origin }) => origin + head.target,
  '@authority': ({ origin }) => origin.slice(origin.indexOf('://') + 3),
  '@scheme': ({ origin }) => origin.slice(0, origin.indexOf(':')),
  '@request-target': ({ head }) => head.target,
  '@path': ({ head }) => head.target.slice(0, pathEnd(head.target)),
  '@query': ({ head }) => head.target.slice(pathEnd(head.target)) || '?',
};

function pathEnd(target: string): number {
  const mark = target.indexOf('?');
  return mark === -1 ? target.length : mark;
}

/** The signature base. Undefined if a covered component is absent, is covered twice, or is of an unsupported kind. */
export function signatureBase(signed: Signed, covered: InnerList): Buffer | undefined {
  const names = new Set<string>();
  let text = '';
  for (const { value: name, params } of covered.items) {
    const value = params.size > 0 || names.has(name) ? undefined : valueOf(name, signed);
    if (value === undefined) return undefined;
    names.add(name);
    text += `"${name}": ${value}\n`;
  }
  return Buffer.from(`${text}"@signature-params": ${covered.text}`, 'latin1');
}

function valueOf(name: string, signed: Signed): string | undefined {
  return name.startsWith('@') ? derived[name]?.(signed) : fieldOf(signed.head.fields, name);
}

/** Several fields of one name are one value (RFC 9421 §2.1). */
export function fieldOf(fields: readonly string[], name: string): string | undefined {
  let value: string | undefined;
  for (let at = 0; at < fields.length; at += 2) {
    if (fields[at] !== name) continue;
    const one = (fields[at + 1] ?? '').trim();
    value = value === undefined ? one : `${value}, ${one}`;
  }
  return value;
}
