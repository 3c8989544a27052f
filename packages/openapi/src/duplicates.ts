/** A key that occurs twice in one object: parsers disagree on which of the two counts. */
import type { Findings, Place } from './findings.ts';

export function sayDuplicate(key: string, firstLine: number): string {
  return (
    `\`${key}\` occurs here a second time, first in line ${firstLine}. Only one of the two would count: ` +
    `join them, or rename one.`
  );
}

/** Where paths, methods, scopes or their schemes occur twice, routing is ambiguous; anywhere else only a description is. */
export function weighDuplicate(findings: Findings, path: readonly string[], message: string, place: Place): void {
  const [section, template = '', method = '', field] = path;
  const isRoute = section === 'paths';
  const isScheme =
    section === 'components' && (path.length === 2 || (template === 'securitySchemes' && path.length <= 4));
  if (path.length === 1 || (isRoute && path.length === 2) || isScheme || section === 'security')
    findings.refuse(path, message, place);
  else if (isRoute && (path.length === 3 || field === 'security'))
    findings.cost([['paths', template, method]], path, message, place);
  else findings.add(path, message, place);
}
