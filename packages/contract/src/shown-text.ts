/**
 * Text that one tenant writes and another one reads. Invisible characters, characters that change the direction of other
 * text, and spaces that look alike let a name imitate another name.
 */

/** Scripts in which a joiner between letters changes how they are drawn. Between letters of others it is invisible. */
const joining = [
  ...['Arabic', 'Syriac', 'Mongolian', 'Devanagari', 'Bengali', 'Gurmukhi', 'Gujarati', 'Oriya', 'Tamil', 'Telugu'],
  ...['Kannada', 'Malayalam', 'Sinhala', 'Myanmar', 'Khmer'],
]
  .map((script) => `\\p{Script=${script}}`)
  .join('');

const emoji = String.raw`\p{Extended_Pictographic}`;

/** The invisible characters that are a part of words or of emoji. */
const joined = new RegExp(
  [
    `(?<=[${joining}])[\\u200C\\u200D](?=[${joining}])`,
    `(?<=${emoji})\\uFE0F`,
    `(?<=${emoji}\\uFE0F?\\p{EMod}?)\\u200D(?=${emoji})`,
  ].join('|'),
  'gu',
);

/**
 * Control, format, private and unassigned characters; all that is drawn as nothing (Default_Ignorable_Code_Point; the empty
 * braille pattern); spaces other than the plain one, and more than one of those.
 */
const hidden = /[\p{C}\p{DI}\u2800]|(?! )\p{Z}| {2}/u;
/** The same, for text of several lines. */
const hiddenInLines = /(?![\n\t\r])[\p{C}\p{DI}\u2800]|[\u2028\u2029]/u;

/** Whether a line of text looks like what it is. */
export const isPlainLine = (text: string): boolean => text.isWellFormed() && !hidden.test(text.replace(joined, ''));
/** The same for text of several lines. */
export const isPlainText = (text: string): boolean =>
  text.isWellFormed() && !hiddenInLines.test(text.replace(joined, ''));

/** The text without what `isPlainLine` refuses: for names that another party has given, which no person here can correct. */
export function plainLineOf(text: string): string {
  const visible = Array.from(text.toWellFormed().replace(/\p{Z}+/gu, ' '))
    .filter((character) => !hidden.test(character))
    .join('');
  return visible.replace(/ {2,}/g, ' ').trim();
}

/** The rule of `isPlainLine`, for the person who must correct the text. */
export const plainLineRule =
  'no control, invisible, direction-changing, private or unassigned characters, and only single plain spaces';
/** The rule of `isPlainText`. */
export const plainTextRule = 'no control, invisible, direction-changing, private or unassigned characters';
