/** The meaning of a plain scalar in the core schema of YAML 1.2 (§10.3.2). */
import { quote, type Json } from './json.ts';

export interface Scalar {
  readonly value: Json;
  /** The digits of an integer that a JavaScript number cannot hold. */
  readonly digits?: string;
  /** A finding about it. */
  readonly note?: string;
}

/** The value of a plain scalar, as it is written. */
export function resolvePlain(text: string): Scalar {
  if (text === '' || /^(?:~|null|Null|NULL)$/.test(text)) return { value: null };
  if (/^(?:true|True|TRUE)$/.test(text)) return { value: true };
  if (/^(?:false|False|FALSE)$/.test(text)) return { value: false };
  if (!/^[-+.\d]/.test(text)) return { value: text };
  if (/^[-+]?\d+$/.test(text)) return integer(text);
  if (/^0o[0-7]+$|^0x[\da-fA-F]+$/.test(text)) return { value: Number(text) };
  if (/^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/.test(text)) return finite(Number(text), text);
  if (/^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/.test(text)) return notJson(text);
  return { value: text };
}

function integer(text: string): Scalar {
  const value = Number(text);
  if (Number.isSafeInteger(value)) return { value };
  const digits = text.replace(/^\+/, '').replace(/^(-?)0+(?=\d)/, '$1');
  return Number.isFinite(value) ? { value, digits } : notJson(text);
}

const finite = (value: number, text: string): Scalar => (Number.isFinite(value) ? { value } : notJson(text));

const notJson = (text: string): Scalar => ({
  value: null,
  note: `JSON has no number for ${quote(text)}. Put it in quotes if it is a text.`,
});
