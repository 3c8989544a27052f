/** Text for a terminal: colour only where it is wanted, and never a control character from elsewhere. */
import type { Io, Sink } from '../io.ts';

const codes = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
} as const;
export type Style = keyof typeof codes;
export type Paint = (style: Style, text: string) => string;

/** Colours text for this sink. Leaves it unchanged if the sink is not a terminal or NO_COLOR is set. */
export function painter(io: Pick<Io, 'env'>, sink: Sink): Paint {
  if (!sink.isTty || !io.env.color) return (_, text) => text;
  return (style, text) => `\u001b[${codes[style][0]}m${text}\u001b[${codes[style][1]}m`;
}

/** Text from elsewhere, safe to print: control, bidirectional and zero-width characters are escaped. */
export function printable(text: string): string {
  return text.replaceAll(unprintable, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** As `printable`, but line ends and tabs stay. */
export const printableLines = (text: string): string =>
  text
    .split(/(\r?\n|\t)/)
    .map(keepBreaks)
    .join('');

const keepBreaks = (part: string): string => (/^(?:\r?\n|\t)$/.test(part) ? part : printable(part));

const unprintable = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

// Wide and full-width characters take two columns (Unicode Standard Annex 11). These are the blocks in common use.
const wide = new RegExp(
  `[${[
    '\\u1100-\\u115f\\u2e80-\\u303e\\u3041-\\u33ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\ua000-\\ua4cf\\uac00-\\ud7a3',
    '\\uf900-\\ufaff\\ufe30-\\ufe6f\\uff00-\\uff60\\uffe0-\\uffe6\\u{1f300}-\\u{1faff}\\u{20000}-\\u{3fffd}',
  ].join('')}]`,
  'u',
);
const joining = /\p{Mark}/u;

/** The number of terminal columns that the text takes. It must not contain an escape sequence. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of text) width += joining.test(character) ? 0 : wide.test(character) ? 2 : 1;
  return width;
}

/** The text, filled with spaces to this many columns. */
export const padded = (text: string, columns: number): string =>
  text + ' '.repeat(Math.max(0, columns - widthOf(text)));

/** The text cut to this many columns, with an ellipsis if it was longer. */
export function fitted(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let cut = '';
  for (const character of text) {
    if (widthOf(cut) + widthOf(character) > columns - 1) break;
    cut += character;
  }
  return `${cut}…`;
}

/** Words in lines of at most this many columns. Chinese text may break between any two characters. */
export function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const [piece = ''] of text.matchAll(breakable)) {
    const word = piece.trim();
    const gap = line === '' || word === piece ? '' : ' ';
    if (word === '') continue;
    if (line !== '' && widthOf(line) + gap.length + widthOf(word) > columns) {
      lines.push(line);
      line = word;
    } else line += `${gap}${word}`;
  }
  return line === '' ? lines : [...lines, line];
}

/** A word with the space before it; or one wide character, with the punctuation that must not begin a line. */
const breakable = new RegExp(
  `\\s*(?:${wide.source}[，。；：、！？）」]*|(?:(?!${wide.source})\\S)+[，。；：、！？）」]*)|\\s+`,
  'gu',
);
