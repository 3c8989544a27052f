/**
 * Messages for operators in their language. A message is written once, in English, where it belongs; it is translated where it is
 * printed, from a catalogue whose keys are the English texts with `{0}`, `{1}` … for the values. The errors come from every floor,
 * so a text arrives with its values in it, and is matched with the keys.
 */
import type { Language } from '@tulou/contract/language';
import { zh } from './zh.ts';

/** The text in this language. A text that the catalogue does not have stays as it is. */
export function inLanguage(text: string, language: Language): string {
  if (language === 'en') return text;
  return translated(text) ?? text;
}

function translated(text: string): string | undefined {
  return texts.get(text) ?? inLines(text) ?? byPattern(text) ?? inParts(text);
}

/** Some checks have one fault a line, or one a role. */
function inLines(text: string): string | undefined {
  for (const separator of ['\n', '; ']) {
    const parts = text.split(separator);
    const found = parts.length === 1 ? [] : parts.map((part) => texts.get(part) ?? byPattern(part));
    if (found.some((one) => one !== undefined)) return found.map((one, i) => one ?? parts[i]).join(separator);
  }
  return undefined;
}

interface Pattern {
  readonly shape: RegExp;
  readonly template: string;
  /** Characters that are no value: a text is taken by the key that says most of it. */
  readonly literal: number;
}

const texts: ReadonlyMap<string, string> = new Map(Object.entries(zh));

const patterns: readonly Pattern[] = [...texts]
  .filter(([english]) => english.includes('{0}'))
  .map(([english, template]) => {
    const parts = english.split(/\{\d\}/);
    const shape = new RegExp(
      `^${parts.map((part) => part.replaceAll(/[$()*+.?[\\\]^{|}]/g, String.raw`\$&`)).join('(.+?)')}$`,
      's',
    );
    return { shape, template, literal: parts.join('').length };
  })
  .toSorted((a, b) => b.literal - a.literal);

/** Values are translated too where they are texts of ours, as is the reason in “cannot be used: nothing listens there”. */
function byPattern(text: string): string | undefined {
  for (const { shape, template } of patterns) {
    const values = shape.exec(text)?.slice(1);
    if (values === undefined) continue;
    return template.replaceAll(/\{(\d)\}/g, (_, place: string) => {
      const value = values[Number(place)] ?? '';
      return texts.get(value) ?? byPattern(value) ?? value;
    });
  }
  return undefined;
}

/** Sentences that were joined: the longest beginning that is known, and what follows. */
function inParts(text: string): string | undefined {
  for (let end = text.lastIndexOf(' '); end > 0; end = text.lastIndexOf(' ', end - 1)) {
    const first = texts.get(text.slice(0, end)) ?? byPattern(text.slice(0, end));
    const rest = first === undefined ? undefined : translated(text.slice(end + 1));
    if (first !== undefined && rest !== undefined) return first + rest;
  }
  return undefined;
}
