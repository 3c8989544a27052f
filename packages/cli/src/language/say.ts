/**
 * Messages in the language of the user. A message is written once, in English, where it belongs; it is translated where it
 * is printed, from a catalogue whose keys are the English texts with `{0}`, `{1}` … for the values.
 */
import type { Language } from '@tulou/contract';
import { zh } from './zh.ts';

/** A text that may depend on the language. A plain string is translated if the catalogue has it. */
export type Text = string | ((language: Language) => string);

/** The text in a language. Text that came from elsewhere has no entry in the catalogue and stays as it is. */
export const inLanguage = (text: Text, language: Language): string =>
  typeof text === 'function' ? text(language) : language === 'zh-CN' ? (zh[text] ?? text) : text;

/** A message with values: `` say`There is no context "${name}".` ``. A plain string is a value of the user and stays as it is. */
export function say(parts: TemplateStringsArray, ...values: readonly (Text | number)[]): Text {
  return (language) => {
    const words = values.map((value) => (typeof value === 'function' ? value(language) : String(value)));
    const template = language === 'zh-CN' ? zh[keyOf(parts)] : undefined;
    if (template !== undefined)
      return template.replaceAll(/\{(\d)\}/g, (_, place: string) => words[Number(place)] ?? '');
    return parts.map((part, i) => `${part}${words[i] ?? ''}`).join('');
  };
}

/** The key of a template in the catalogue. */
export const keyOf = (parts: readonly string[]): string =>
  parts.map((part, i) => (i === 0 ? part : `{${i - 1}}${part}`)).join('');

/** Texts in a row; empty ones are left out. */
export const joined =
  (texts: readonly Text[], separator: string): Text =>
  (language) =>
    texts
      .map((text) => inLanguage(text, language))
      .filter((text) => text !== '')
      .join(separator);

/** A text of ours as a value of `say`: it is translated. */
export const ours =
  (text: Text): Text =>
  (language) =>
    inLanguage(text, language);

/** A text that is never translated, though the catalogue may have an entry for it. */
export const verbatim =
  (text: string): Text =>
  () =>
    text;
