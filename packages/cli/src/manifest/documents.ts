/** OpenAPI documents as text and as values. The reader of the platform bounds depth, aliases and size. */
import { Findings } from '@tulou/openapi/findings';
import { readSource } from '@tulou/openapi/source';
import { Failure } from '../failure.ts';
import { say } from '../language/say.ts';

/** Whether `openapi` of a file is the text of a document instead of a path. */
export const isDocumentText = (openapi: string): boolean => openapi.includes('\n') || openapi.startsWith('{');

/** The value of a document. Throws if the text is neither YAML nor JSON, or exceeds a bound. */
export function documentValue(text: string, path: string): unknown {
  const findings = new Findings();
  const source = readSource(text, findings);
  if (source.value !== undefined) return source.value;
  const violations = findings.kept.map((one) => ({
    pointer: '',
    message: one.message,
    ...(typeof one.at === 'string' ? {} : one.at),
  }));
  throw new Failure(say`${path} is neither YAML nor JSON`, { exit: 'data', violations });
}
