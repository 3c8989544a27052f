import assert from 'node:assert/strict';
import { test } from 'node:test';
import { acceptedLanguage, languageOfLocale } from './language.ts';

test('the language is the supported one of the highest weight in Accept-Language, else English', () => {
  for (const [accept, locale] of [
    [undefined, 'en'],
    ['', 'en'],
    ['fr', 'en'],
    ['zh', 'zh-CN'],
    ['en;q=0.5, zh-Hans-CN', 'zh-CN'],
    ['zh;q=0, en;q=0.1', 'en'],
    ['zhx, en', 'en'],
    ['zh;q=nonsense, en', 'en'],
  ] as const)
    assert.equal(acceptedLanguage(accept), locale, accept);
});

test('an environment names a language as a POSIX locale or as a tag; an empty one names none', () => {
  for (const [locale, language] of [
    [undefined, undefined],
    ['', undefined],
    ['C', 'en'],
    ['de_DE.UTF-8', 'en'],
    ['zh', 'zh-CN'],
    ['zh_CN.UTF-8', 'zh-CN'],
    ['zh-Hans', 'zh-CN'],
    ['zhx', 'en'],
  ] as const)
    assert.equal(languageOfLocale(locale), language, locale);
});
