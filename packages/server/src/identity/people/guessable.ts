/**
 * Whether a password is one of those that are tried first: of a list of common ones, of words about the person and the tenant,
 * of keyboard rows, or of two such parts with digits and signs around them (NIST SP 800-63B §3.1.1.2).
 */
import { readFileSync } from 'node:fs';

const common: ReadonlySet<string> = new Set(
  readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#')),
);
const wordCharactersMax = Math.max(...Array.from(common, (word) => word.length));

const rows = ['abcdefghijklmnopqrstuvwxyz', 'qwertyuiop', 'asdfghjkl', 'zxcvbnm', 'qazwsxedcrfvtgbyhnujmikolp'];
const runs = rows.flatMap((row) => [row, Array.from(row).toReversed().join('')]);
const runCharactersMin = 4;
const ownCharactersMin = 3;
/** More parts than this are a phrase. */
const partsMax = 2;

const lookalikes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
};

/** `about`: names and addresses that somebody who knows the person would try. */
export function isGuessable(password: string, about: readonly string[]): boolean {
  const text = password.normalize('NFKC').toLowerCase();
  const own = new Set(about.flatMap(wordsOf));
  // Characters after the word are not letters in disguise: `p@ssw0rd1234`.
  const word = text.replace(/[^\p{L}\p{M}]+$/u, '');
  return [text, lettered(text), lettered(word)].some((one) => isCommon(one) || isMadeOf(lettersOf(one), own));
}

const lettered = (text: string): string => text.replaceAll(/[013457@$]/g, (sign) => lookalikes[sign] ?? sign);

const isCommon = (text: string): boolean => common.has(text.replaceAll(/\s/g, ''));

/** `Ann Lee`, `ann.lee@acme.example` → `ann`, `lee`, `acme`, `example`. */
const wordsOf = (text: string): string[] =>
  text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word.length >= ownCharactersMin);

/** Digits and signs add next to nothing; a part that is repeated adds nothing. */
function lettersOf(text: string): string {
  const letters = text.replaceAll(/[^\p{L}\p{M}]/gu, '').replaceAll(/(.)\1{2,}/gu, '$1');
  return /^(.+?)\1+$/u.exec(letters)?.[1] ?? letters;
}

/** Whether at most `partsMax` known parts make the whole. */
function isMadeOf(letters: string, own: ReadonlySet<string>): boolean {
  if (letters.length <= 1) return true;
  /** By length of a beginning: how few parts make it. */
  const parts: number[] = [0];
  for (let end = 1; end <= letters.length; end += 1) {
    parts[end] = Infinity;
    for (let start = Math.max(0, end - wordCharactersMax); start < end; start += 1) {
      const fewest = (parts[start] ?? Infinity) + 1;
      if (fewest <= partsMax && fewest < (parts[end] ?? 0) && isPart(letters.slice(start, end), own))
        parts[end] = fewest;
    }
  }
  return (parts[letters.length] ?? Infinity) <= partsMax;
}

const isPart = (text: string, own: ReadonlySet<string>): boolean =>
  common.has(text) || own.has(text) || (text.length >= runCharactersMin && runs.some((row) => row.includes(text)));
