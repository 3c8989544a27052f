/** The languages that people read answers in, and how a request or an environment names one. */

export const languages = ['en', 'zh-CN'] as const;
export type Language = (typeof languages)[number];

const acceptCharactersMax = 500;

/** The preferred supported language of an `Accept-Language` field (RFC 9110 §12.5.4); English if it names none. */
export function acceptedLanguage(accept: string | undefined): Language {
  // Most fields do not name Chinese at all: those need no parsing.
  if (accept === undefined || !/zh/i.test(accept)) return 'en';
  const [best] = accept
    .slice(0, acceptCharactersMax)
    .split(',')
    .map(rangeOf)
    .filter(({ tag, weight }) => weight > 0 && /^(?:en|zh)(?:-|$)/.test(tag))
    .toSorted((a, b) => b.weight - a.weight);
  return best?.tag.startsWith('zh') === true ? 'zh-CN' : 'en';
}

function rangeOf(part: string): { readonly tag: string; readonly weight: number } {
  const [tag = '', ...parameters] = part
    .trim()
    .toLowerCase()
    .split(/\s*;\s*/);
  const weight = parameters.find((one) => one.startsWith('q='));
  return { tag, weight: weight === undefined ? 1 : Number(weight.slice(2)) };
}

/**
 * The language of a POSIX locale or a language tag: `zh_CN.UTF-8`, `zh-Hans`. Undefined for an empty one; every other
 * language is answered in English.
 */
export function languageOfLocale(locale: string | undefined): Language | undefined {
  if (locale === undefined || locale === '') return undefined;
  return /^zh(?:[-_.@]|$)/i.test(locale) ? 'zh-CN' : 'en';
}

/** The language of an environment: TULOU_LANG, then LC_ALL, LC_MESSAGES and LANG in the order of POSIX. */
export function languageOfEnvironment(environment: Readonly<Record<string, string | undefined>>): Language {
  const named = ['TULOU_LANG', 'LC_ALL', 'LC_MESSAGES', 'LANG'].map((name) => environment[name]);
  return languageOfLocale(named.find((one) => one !== undefined && one !== '')) ?? 'en';
}
