import type { Finding } from './finding.ts';

const signs = { ok: 'ok     ', warning: 'warning', wrong: 'WRONG  ' } as const;

/** The findings as a table for people, with what to do under each that is not ok. */
export function report(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ check }) => check.length));
  const indent = ' '.repeat(width + 11);
  const lines = findings.flatMap(({ check, verdict, detail, remedy }) => [
    `${signs[verdict]}  ${check.padEnd(width)}  ${detail.replaceAll('\n', `\n${indent}`)}`,
    ...(remedy === undefined ? [] : [`${indent}→ ${remedy}`]),
  ]);
  const bad = findings.filter(({ verdict }) => verdict === 'wrong').length;
  const end = bad === 0 ? 'Nothing is wrong.' : `${bad} ${bad === 1 ? 'thing is' : 'things are'} wrong.`;
  return `${lines.join('\n')}\n\n${end}\n`;
}
