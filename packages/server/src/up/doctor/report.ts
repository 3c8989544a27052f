import type { Language } from '@tulou/contract/language';
import { cellsOf, padded } from '../language/cells.ts';
import { inLanguage } from '../language/translate.ts';
import type { Finding } from './finding.ts';

const signs = {
  en: { ok: 'ok     ', warning: 'warning', wrong: 'WRONG  ' },
  'zh-CN': { ok: '正常', warning: '警告', wrong: '错误' },
} as const;

/** The findings as a table for people, with the remedy under each that is not ok. */
export function report(findings: readonly Finding[], language: Language): string {
  const names = findings.map(({ check }) => inLanguage(check, language));
  const width = Math.max(...names.map(cellsOf));
  const indent = ' '.repeat(cellsOf(signs[language].ok) + width + 4);
  const lines = findings.flatMap(({ verdict, detail, remedy }, i) => [
    `${signs[language][verdict]}  ${padded(names[i] ?? '', width)}  ${inLanguage(detail, language).replaceAll('\n', `\n${indent}`)}`,
    ...(remedy === undefined ? [] : [`${indent}→ ${inLanguage(remedy, language)}`]),
  ]);
  return `${lines.join('\n')}\n\n${endOf(findings.filter(({ verdict }) => verdict === 'wrong').length, language)}\n`;
}

function endOf(wrong: number, language: Language): string {
  if (language === 'zh-CN') return wrong === 0 ? '没有发现错误。' : `发现 ${wrong} 个错误。`;
  if (wrong === 0) return 'Nothing is wrong.';
  return `${wrong} ${wrong === 1 ? 'thing is' : 'things are'} wrong.`;
}
